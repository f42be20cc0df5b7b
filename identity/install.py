"""Puts the floor together: one line per room, in the order of dependence."""

from collections.abc import Callable

from flask import Flask

from identity.credentials.install import install as credentials
from identity.information.install import install as information
from identity.joining.install import install as joining
from identity.oidc.install import install as oidc
from identity.oidc.restoring import install as oidc_after_a_restore
from identity.sessions import anonymous_rows
from identity.sessions.install import install as sessions
from identity.sign_in.install import install as sign_in

ROOMS: list[Callable[[Flask], None]] = [
    sessions,
    credentials,
    sign_in,
    joining,
    information,
    oidc,
    oidc_after_a_restore,
]


def install(app: Flask) -> None:
    """Add the rooms of this floor to the application."""
    anonymous_rows.install(app)
    for room in ROOMS:
        room(app)
