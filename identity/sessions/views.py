"""Pages of sessions: signing out, why a session ended, where else one is signed in."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.clock import now
from app.web.authorisation import anyone, permit
from app.web.errors import NotFound
from app.web.forms import Form
from identity.ports import approvals
from identity.sessions import actions, drafts, frontchannel_page, queries, remembered_devices
from identity.sessions.access import (
    own_page,
    signed_in,
    signed_in_before_terms,
    signed_in_until_a_limit,
)
from identity.sessions.current_session import (
    current,
    forget_session,
    presented_session,
    sign_out_browser,
    signed_in_session,
    why_presented_ended,
)
from identity.sessions.session_end import end_of

blueprint = Blueprint("sessions", __name__)

_REASONS = {
    "idle": "You did not open a page for a while, so we signed you out to keep your account safe.",
    "absolute limit": "You signed in many hours ago. Everybody has to sign in again once a day.",
    "sign-out": "You signed out in this browser.",
    "ended by the person": "You ended this session on another device.",
    "another person signed in": "Somebody else signed in in this browser.",
    "password changed": "Your password was changed. Sign in with the new one.",
    "password reset": "Your password was changed. Sign in with the new one.",
    "second step changed": "Your second step was changed.",
    "no longer an operator": "You are no longer an operator of Secure Access.",
    "restored": "We put Secure Access back to an earlier state. Everybody has to sign in again.",
}
_SOME_REASON = "Your session has ended."


@blueprint.get("/sign-out")
@permit(anyone)
def sign_out() -> ResponseReturnValue:
    """Ask whether to sign out."""
    if current() is None:
        return redirect(url_for(".signed_out"), code=303)
    return render_template("sessions/sign_out.html", form=Form(), stay=approvals().home())


@blueprint.post("/sign-out")
@permit(anyone)
def submit_sign_out() -> ResponseReturnValue:
    """End the session of this browser."""
    frames = frontchannel_page.frames()
    sign_out_browser()
    return frontchannel_page.continue_after(frames, url_for(".signed_out"))


@blueprint.get("/signed-out")
@permit(anyone)
def signed_out() -> ResponseReturnValue:
    """Show that the session has ended; ask a signed-in browser whether to sign out."""
    if current() is not None:
        return redirect(url_for(".sign_out"), code=303)
    return render_template("sessions/signed_out.html")


@blueprint.get("/session-ended")
@permit(anyone)
def ended() -> ResponseReturnValue:
    """Show why the person has to sign in again, and the way back to the requested page."""
    back = own_page(request.args.get("next")) or approvals().home()
    if current() is not None:
        return redirect(back, code=303)
    cause = why_presented_ended()
    if cause is None:
        return redirect(url_for("sign_in.start", next=back), code=303)
    reason = _REASONS.get(cause, _SOME_REASON)
    return render_template("sessions/ended.html", reason=reason, back=back)


@blueprint.get("/account/session-end")
@permit(signed_in_before_terms)
def session_end() -> ResponseReturnValue:
    """Return the seconds until the session ends; asking does not put that off."""
    return {"seconds": end_of(signed_in_session(), now(), used=False).seconds}


@blueprint.post("/account/stay-signed-in")
@permit(signed_in_before_terms)
def stay_signed_in() -> ResponseReturnValue:
    """Put off the end of the session; scripts get the seconds, browsers without them a page."""
    session = signed_in_session()
    actions.record_activity(session, now())
    end = end_of(session, now(), used=True)
    if request.accept_mimetypes.best == "application/json":
        return {"seconds": end.seconds}
    return render_template("sessions/still_signed_in.html", end=end)


@blueprint.post("/account/drafts")
@permit(signed_in_until_a_limit)
def keep_draft() -> ResponseReturnValue:
    """Keep what is typed in a form of the page `kept_page`; return the address that shows it.

    Also after a limit has ended the session: a computer may have slept until then.
    """
    session = presented_session()
    if session is None:
        raise RuntimeError("the route's rule does not ask for a session")
    page = own_page(request.form.get("kept_page")) or approvals().home()
    action = own_page(request.form.get("kept_action")) or page
    fields = [pair for pair in request.form.items(multi=True) if not pair[0].startswith("kept_")]
    address = drafts.keep_draft(session, page, action=drafts.path_of(action), fields=fields)
    return {"address": address}


@blueprint.get("/account/sessions")
@permit(signed_in)
def sessions() -> ResponseReturnValue:
    """Show the person's sessions."""
    session = signed_in_session()
    return render_template(
        "sessions/list.html",
        form=Form(),
        present=session,
        sessions=queries.live_sessions(session.account_id),
        devices=remembered_devices.remembered_devices(session.account_id),
    )


@blueprint.post("/account/sessions/<sid>/end")
@permit(signed_in)
def end(sid: str) -> ResponseReturnValue:
    """End one of the person's sessions."""
    present = signed_in_session()
    ended = actions.end_session_of(present, sid)
    if ended is None:
        raise NotFound("no such live session of this person")
    if ended.id == present.id:
        forget_session()
        return redirect(url_for(".signed_out"), code=303)
    flash("The session has ended.", "success")
    return redirect(url_for(".sessions"), code=303)


@blueprint.post("/account/sessions/devices/<device>/forget")
@permit(signed_in)
def forget_device(device: str) -> ResponseReturnValue:
    """Forget one of the person's remembered devices."""
    if not remembered_devices.forget(signed_in_session(), device):
        raise NotFound("no such device of this person")
    flash("The next sign-in on that device will ask for a code.", "success")
    return redirect(url_for(".sessions"), code=303)


@blueprint.post("/account/sessions/end-others")
@permit(signed_in)
def end_others() -> ResponseReturnValue:
    """End all sessions of the person but this one."""
    actions.end_other_sessions(signed_in_session())
    flash("All other sessions have ended.", "success")
    return redirect(url_for(".sessions"), code=303)
