"""Every cookie that this service sets: the page of cookies is this list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import current_app

from identity.sessions import remembered_devices
from identity.sessions.cookies import (
    BROWSER,
    DEVICE,
    DEVICE_LIFETIME,
    REMEMBERED,
    SESSION,
    cookie_name,
)
from identity.sessions.levels import longest_session


@dataclass(frozen=True)
class Cookie:
    """One cookie, as the page about cookies describes it."""

    name: str
    purpose: str
    expires: str


def cookies() -> list[Cookie]:
    """Return the cookies that the service sets."""
    closing = "When you close your browser"
    return [
        Cookie(
            cookie_name(SESSION),
            "Keeps you signed in",
            f"{closing}, and after {longest_session() // timedelta(hours=1)} hours at the latest",
        ),
        Cookie(
            cookie_name(DEVICE),
            "Remembers that you signed in on this device, so that other people’s wrong guesses of"
            " your password do not keep you waiting",
            f"{DEVICE_LIFETIME.days} days",
        ),
        Cookie(
            cookie_name(REMEMBERED),
            "Signs you in without a code on this device, if you chose that",
            f"{remembered_devices.LIFETIME.days} days",
        ),
        Cookie(
            cookie_name(BROWSER),
            "Makes sure that what was begun in your browser is finished in your browser",
            closing,
        ),
        Cookie(
            str(current_app.config["SESSION_COOKIE_NAME"]),
            "Makes sure that a form was sent from our own page, shows you the result once, and"
            " remembers which of your organisations you looked at last",
            closing,
        ),
    ]
