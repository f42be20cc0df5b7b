"""What this room adds to the application."""

from __future__ import annotations

from flask import Flask, url_for

from app.audit import declare
from app.purge import purger
from app.restored import revived
from app.web import navigation
from identity.accounts import invitation_limits, invitations, join_journeys
from identity.accounts.blueprint import blueprint
from identity.accounts.events import EVENTS
from identity.pages import register_pages
from identity.sessions.lookup import current


def install(app: Flask) -> None:
    declare(app, EVENTS)
    register_pages(app, blueprint, "identity.accounts.join_views", "identity.accounts.views")
    purger(app, "join journeys", join_journeys.expired)
    purger(app, "counts of invitation mails", invitation_limits.expired)
    revived(app, "invitation links", standing=invitations.usable, end=invitations.expire_all)
    navigation.add(app, navigation.Entry("Your account", _account_page, order=80))
    navigation.add(app, navigation.Entry("Sign out", _sign_out_page, order=90))


def _account_page() -> str | None:
    session = current()
    return url_for("accounts.account") if session and not session.awaiting_terms else None


def _sign_out_page() -> str | None:
    return url_for("sessions.sign_out") if current() is not None else None
