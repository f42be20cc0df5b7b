"""Signing out in the browser: frames notify the services before the person goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import make_response, redirect, render_template
from werkzeug import Response

from app.composition import ExtensionPoint
from app.web.headers import allow_frames
from identity.sessions.active_session import ActiveSession
from identity.sessions.current_session import session_to_sign_out

SECONDS = 2
"""Time that the frames have before the browser continues by itself."""


FRAMES = ExtensionPoint[Callable[[ActiveSession], Iterable[str]]]("frames at a sign-out")
"""Functions that return addresses that a browser opens in a frame when a session ends."""


def frames() -> list[str]:
    """Return the frame addresses for this browser's session. Must run before it ends."""
    session = session_to_sign_out()
    if session is None:
        return []
    return [address for find in FRAMES.values() for address in find(session)]


def continue_after(addresses: list[str], destination: str) -> Response:
    """Lead to the destination, by a page with the frames if there are any."""
    if not addresses:
        return redirect(destination, 303)
    allow_frames(addresses)
    response = make_response(
        render_template("sessions/leaving.html", frames=addresses, destination=destination)
    )
    response.headers["Refresh"] = f"{SECONDS}; url={destination}"
    return response
