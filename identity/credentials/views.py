"""Pages on which signed-in people change their password and their second step."""

from __future__ import annotations

from flask import Response, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import Form
from app.web.rate_limits import limiter
from identity.credentials import actions, recovery_codes, registry, totp
from identity.credentials.blueprint import blueprint
from identity.credentials.forms import ChangePasswordForm, ProveAppForm
from identity.credentials.models import RecoveryCodesShown, TotpEnrolment
from identity.credentials.password import PASSWORD
from identity.sessions.access import signed_in, signed_in_before_terms
from identity.sessions.current_session import signed_in_session
from identity.sessions.step_up import freshly_signed_in


@blueprint.get("/account/password")
@permit(freshly_signed_in)
def change_password() -> ResponseReturnValue:
    """Show the form for a change of the password."""
    return _password_page(ChangePasswordForm(), {})


@blueprint.post("/account/password")
@permit(freshly_signed_in)
@limiter.limit("20 per 15 minutes")
def submit_change_password() -> ResponseReturnValue:
    """Change the password, and end all other sessions."""
    form = ChangePasswordForm()
    mistakes = actions.replace_password(
        signed_in_session(), form.current_password.data or "", form.password.data or ""
    )
    if mistakes:
        return _password_page(form, mistakes)
    flash("Your password has been changed and all your other sessions have ended.", "success")
    return redirect(url_for("accounts.account"), code=303)


@blueprint.get("/account/second-step")
@permit(signed_in)
def second_step() -> ResponseReturnValue:
    """Show the person's factors."""
    session = signed_in_session()
    return render_template(
        "credentials/second_step.html",
        form=Form(),
        sections=[
            (factor.account_section, factor.section(session.account_id))
            for factor in registry.FACTORS
            if factor.account_section is not None and factor.available()
        ],
    )


@blueprint.post("/account/second-step/app")
@permit(freshly_signed_in)
def begin_app() -> ResponseReturnValue:
    """Begin the enrolment of another authenticator app."""
    enrolment = actions.begin_enrolment(signed_in_session())
    return redirect(url_for(".app", journey=enrolment.public_id), code=303)


@blueprint.get("/account/second-step/app")
@blueprint.get("/account/second-step/app/prove", endpoint="app_to_prove")
@permit(freshly_signed_in)
def app() -> ResponseReturnValue:
    """Show the secret of the app that is being enrolled."""
    enrolment = actions.find_enrolment(request.args.get("journey"), signed_in_session())
    if enrolment is None:
        return redirect(url_for(".second_step"), code=303)
    return _app_page(enrolment, ProveAppForm())


@blueprint.post("/account/second-step/app/prove")
@permit(freshly_signed_in)
def submit_app() -> ResponseReturnValue:
    """Replace the authenticator app, if its first code is right."""
    session = signed_in_session()
    enrolment = actions.find_enrolment(request.args.get("journey"), session)
    if enrolment is None:
        return redirect(url_for(".second_step"), code=303)
    form, former = ProveAppForm(), totp.TOTP.enrolled(session.account_id)
    outcome = actions.prove_enrolment(enrolment, session, (form.code.data or "")[:200])
    if outcome is not None:
        return _app_page(enrolment, form, outcome.refusal.sentence)
    replaced = " The old one no longer works." if former else ""
    flash(f"Your new authenticator app is set up.{replaced}", "success")
    return redirect(url_for(".second_step"), code=303)


@blueprint.get("/account/second-step/codes")
@permit(freshly_signed_in)
def codes_question() -> ResponseReturnValue:
    """Ask before all earlier codes stop working."""
    return render_template(
        "credentials/new_codes.html",
        form=Form(),
        remaining=recovery_codes.remaining(signed_in_session().account_id),
    )


@blueprint.post("/account/second-step/codes")
@permit(freshly_signed_in)
def make_codes() -> ResponseReturnValue:
    """Make new recovery codes and lead to them."""
    shown = actions.make_recovery_codes(
        signed_in_session(), continue_to=url_for(".second_step"), announce=True
    )
    return redirect(url_for(".codes", shown=shown), code=303)


@blueprint.get("/recovery-codes/<shown>")
@permit(signed_in_before_terms)
def codes(shown: str) -> ResponseReturnValue:
    """Show the codes, until the person says that they are saved."""
    row, listed = _shown_codes(shown)
    return render_template("credentials/codes.html", shown=row, codes=listed, form=Form())


@blueprint.get("/recovery-codes/<shown>/secure-access-recovery-codes.txt")
@permit(signed_in_before_terms)
def download_codes(shown: str) -> Response:
    """Return the recovery codes as a text file."""
    _, listed = _shown_codes(shown)
    text = render_template("credentials/codes.txt", codes=listed)
    response = make_response(text)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.headers["Content-Disposition"] = "attachment"
    return response


@blueprint.post("/recovery-codes/<shown>")
@permit(signed_in_before_terms)
def saved_codes(shown: str) -> ResponseReturnValue:
    """Record that the codes are saved, and lead on."""
    row, _ = _shown_codes(shown)
    # Another tab may put the codes away and delete the row: it is not read again.
    shown_id, onwards = row.id, row.continue_to
    actions.codes_saved(shown_id)
    return redirect(onwards, code=303)


def _shown_codes(public_id: str) -> tuple[RecoveryCodesShown, list[str]]:
    found = actions.shown_codes(public_id, signed_in_session())
    if found is None:
        raise NotFound(
            "codes put away", description="Recovery codes are shown once. You can make new ones."
        )
    return found


def _password_page(form: ChangePasswordForm, mistakes: dict[str, str]) -> ResponseReturnValue:
    return render_template(
        "credentials/change_password.html",
        form=form,
        mistakes=mistakes,
        account=signed_in_session().account,
        has_password=PASSWORD.enrolled(signed_in_session().account_id),
    )


def _app_page(
    enrolment: TotpEnrolment, form: ProveAppForm, mistake: str | None = None
) -> ResponseReturnValue:
    return render_template(
        "credentials/app.html",
        journey=enrolment,
        form=form,
        mistake=mistake,
        former=totp.TOTP.enrolled(enrolment.account_id),
        **totp.TOTP.set_up.page_values(enrolment.sealed_secret, signed_in_session().account.email),
    )
