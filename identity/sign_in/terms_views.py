"""Pages of terms: read and accept them, or decline, and what follows."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.web.authorisation import permit
from identity.ports import approvals
from identity.sessions.access import own_page, signed_in_before_terms
from identity.sessions.current_session import signed_in_session
from identity.sign_in import current_journey
from identity.sign_in import terms as rules
from identity.sign_in.blueprint import blueprint
from identity.sign_in.forms import TermsForm
from identity.sign_in.terms import Choice

_WITHOUT_ACCEPTING = (Choice.LATER, Choice.DECLINE)


@blueprint.get("/sign-in/terms-due")
@permit(signed_in_before_terms)
def terms_due() -> ResponseReturnValue:
    """Lead a session that still owes an acceptance to the terms."""
    next_page = own_page(request.args.get("next")) or approvals().home()
    return current_journey.ask_for_terms(next_page, signed_in_session())


@blueprint.get("/sign-in/terms")
@permit(signed_in_before_terms)
def terms() -> ResponseReturnValue:
    """Show the terms that are due."""
    session = signed_in_session()
    journey = current_journey.find_for_terms(session)
    if journey is None:
        return redirect(url_for(".terms_due"), code=303)
    waiting = rules.due_terms(session, journey.services, now())
    if not waiting:
        return redirect(journey.resume_to, code=303)
    return render_template(
        "sign_in/terms.html",
        journey=journey,
        versions=rules.shown_together(waiting),
        form=TermsForm(),
    )


@blueprint.post("/sign-in/terms")
@permit(signed_in_before_terms)
def submit_terms() -> ResponseReturnValue:
    """Accept the versions that the button names, where they are still due."""
    session = signed_in_session()
    journey = current_journey.find_for_terms(session)
    if journey is None:
        return redirect(url_for(".terms_due"), code=303)
    choice = rules.answer(
        session,
        journey.services,
        now(),
        accepted=request.form.get("accept", "").split(),
        choice=next((each for each in _WITHOUT_ACCEPTING if each.value in request.form), None),
    )
    if choice is Choice.LATER:
        return redirect(journey.resume_to, code=303)
    if choice is Choice.DECLINE:
        return render_template("sign_in/terms_declined.html", journey=journey)
    return redirect(url_for(".terms", journey=journey.public_id), code=303)
