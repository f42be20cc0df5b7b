"""Parts that this room adds to the application."""

from __future__ import annotations

from flask import Flask, url_for

from app.after_restore import register_revived
from app.audit import declare
from app.retention import register_purge
from app.web import navigation
from app.web.pages import register_pages
from identity.accounts import invitation_limits, invitations
from identity.accounts.events import EVENTS
from identity.joining import journeys
from identity.joining.blueprint import blueprint
from identity.sessions.current_session import current


def install(app: Flask) -> None:
    """Add the room's audit events, pages and purges to the application."""
    declare(app, EVENTS)
    register_pages(app, blueprint, "identity.joining.views", "identity.joining.account_page")
    register_purge(app, "join journeys", journeys.expired)
    register_purge(app, "counts of invitation mails", invitation_limits.expired)
    register_revived(
        app, "invitation links", standing=invitations.usable, end=invitations.expire_all
    )
    navigation.add_entry(app, navigation.Entry("Your account", _account_page, order=80))
    navigation.add_entry(app, navigation.Entry("Sign out", _sign_out_page, order=90))


def _account_page() -> str | None:
    session = current()
    return url_for("accounts.account") if session and not session.awaiting_terms else None


def _sign_out_page() -> str | None:
    return url_for("sessions.sign_out") if current() is not None else None
