"""Signing out in the browser: who has to be told by a frame in it, before the person goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from flask import Flask, current_app, make_response, redirect, render_template
from werkzeug import Response

from app.web.headers import allow_frames
from identity.sessions.current_session import current
from identity.sessions.models import Session

SECONDS = 2
"""Time that the frames have before the browser continues by itself."""
_KEY = "identity.sessions.frontchannel_page"
Frames = Callable[[Session], Iterable[str]]


def register(app: Flask, frames: Frames) -> None:
    """Add whoever knows addresses that a browser opens in a frame when a session ends."""
    app.extensions.setdefault(_KEY, []).append(frames)


def frames() -> list[str]:
    """Return the frame addresses for this browser's session. Must run before it ends."""
    session = current()
    if session is None:
        return []
    sources: list[Frames] = current_app.extensions.get(_KEY, [])
    return [address for source in sources for address in source(session)]


def continue_after(told: list[str], destination: str) -> Response:
    """Lead to the destination, by a page with the frames if there are any."""
    if not told:
        return redirect(destination, 303)
    allow_frames(told)
    response = make_response(
        render_template("sessions/leaving.html", frames=told, destination=destination)
    )
    response.headers["Refresh"] = f"{SECONDS}; url={destination}"
    return response
