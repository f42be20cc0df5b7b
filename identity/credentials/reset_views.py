"""Pages behind the links of mails: a new password, and "this was not me"."""

from __future__ import annotations

from flask import redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.web.authorisation import anyone, permit
from app.web.rate_limits import limiter
from identity.accounts.models import Account
from identity.credentials import reset, reset_links, take_back
from identity.credentials.blueprint import blueprint
from identity.credentials.forms import EmailForm, NewPasswordForm
from identity.credentials.models import PasswordReset
from identity.sessions.current_browser import bound_browser, current_browser

# Limits the unwanted mails that one network can cause.
_ASKS_PER_NETWORK = "120 per hour"
_ASKED_AT = "reset_asked_at"
_ASK_REMEMBERED = 3600


@blueprint.get("/forgot-password")
@permit(anyone)
def forgot() -> ResponseReturnValue:
    """Show the form for a reset link."""
    return render_template("credentials/forgot.html", form=EmailForm())


@blueprint.post("/forgot-password")
@permit(anyone)
@limiter.limit(_ASKS_PER_NETWORK)
def submit_forgot() -> ResponseReturnValue:
    """Send a reset link, or a mail that explains why there is none."""
    form = EmailForm()
    if not form.validate_on_submit():
        return render_template("credentials/forgot.html", form=form)
    reset.request_reset(form.email.address)
    session[_ASKED_AT] = now().timestamp()
    return redirect(url_for(".check_email"), code=303)


@blueprint.get("/forgot-password/check-email")
@permit(anyone)
def check_email() -> ResponseReturnValue:
    """Show the same page for every address, so that it reveals no account.

    A browser that has asked for no link within the hour is led to the form.
    """
    if session.get(_ASKED_AT, 0) < now().timestamp() - _ASK_REMEMBERED:
        return redirect(url_for(".forgot"), code=303)
    return render_template("credentials/check_email.html")


@blueprint.get("/reset-password/<token>")
@permit(anyone)
def open_reset(token: str) -> ResponseReturnValue:
    """Open a reset link and redirect to an address without the token.

    The link stays usable, because mail scanners open links.
    """
    journey = reset_links.open_link(token, reset_links.RESET, bound_browser())
    if journey is None:
        return render_template("credentials/link_over.html"), 410
    return redirect(url_for(".new_password", journey=journey.public_id), code=303)


@blueprint.get("/reset-password")
@permit(anyone)
def new_password() -> ResponseReturnValue:
    """Show the form for a new password."""
    found = reset_links.find(request.args.get("journey"), reset_links.RESET, current_browser())
    if found is None:
        return render_template("credentials/link_over.html"), 410
    return _new_password_page(found[1], NewPasswordForm())


@blueprint.post("/reset-password")
@permit(anyone)
def submit_new_password() -> ResponseReturnValue:
    """Store the new password, and end all sessions."""
    found = reset_links.find(request.args.get("journey"), reset_links.RESET, current_browser())
    if found is None:
        return render_template("credentials/link_over.html"), 410
    link, account = found
    form = NewPasswordForm()
    try:
        refusal = reset.set_password(link, account, form.password.data or "", current_browser())
    except reset.LinkOver:
        return render_template("credentials/link_over.html"), 410
    if refusal is not None:
        return _new_password_page(account, form, refusal)
    return redirect(url_for(".password_set", journey=request.args.get("journey")), code=303)


@blueprint.get("/reset-password/done")
@permit(anyone)
def password_set() -> ResponseReturnValue:
    """Show the confirmation in the browser that set the password; elsewhere the sign-in page."""
    if not reset_links.was_used_in(request.args.get("journey"), current_browser()):
        return redirect(url_for("sign_in.start"), code=303)
    return render_template("credentials/password_set.html")


@blueprint.get("/not-me/<token>")
@permit(anyone)
def open_not_me(token: str) -> ResponseReturnValue:
    """Open a link of "not me" without using it up."""
    journey = reset_links.open_link(token, reset_links.NOT_ME, bound_browser())
    if journey is None:
        return render_template("credentials/link_over.html"), 410
    return redirect(url_for(".not_me", journey=journey.public_id), code=303)


@blueprint.get("/not-me")
@permit(anyone)
def not_me() -> ResponseReturnValue:
    """Show what saying "this was not me" does."""
    found = _disavowable()
    if found is None:
        return render_template("credentials/link_over.html"), 410
    return render_template(
        "credentials/not_me.html",
        form=NewPasswordForm(),
        taken_back=take_back.sentences(reset_links.changes_since(found[0])),
    )


@blueprint.post("/not-me")
@permit(anyone)
def submit_not_me() -> ResponseReturnValue:
    """End all sessions, take back what was changed, and lead to a new password."""
    found = _disavowable()
    if found is None:
        return render_template("credentials/link_over.html"), 410
    try:
        journey = reset.disavow(*found, current_browser())
    except reset.LinkOver:
        return render_template("credentials/link_over.html"), 410
    return redirect(url_for(".new_password", journey=journey.public_id), code=303)


def _disavowable() -> tuple[PasswordReset, Account] | None:
    return reset_links.find(request.args.get("journey"), reset_links.NOT_ME, current_browser())


def _new_password_page(
    account: Account, form: NewPasswordForm, mistake: str | None = None
) -> ResponseReturnValue:
    return render_template(
        "credentials/new_password.html", account=account, form=form, mistake=mistake
    )
