"""Shared by the tests of this floor."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEvent
from app.database import db
from app.outbox import OutboxMail
from app.vault import decrypt
from tests.identity.people import Person, make_person


@pytest.fixture
def person(app: Flask) -> Person:
    """Ada, who joined long ago."""
    return make_person()


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """Time that stands until the test moves it."""
    with time_machine.travel("2026-11-23T09:00:00+00:00", tick=False) as coordinates:
        yield coordinates


class Post:
    """The mails that were promised."""

    def all(self) -> list[OutboxMail]:
        return list(db.session.scalars(select(OutboxMail).order_by(OutboxMail.id)))

    def to(self, recipient: str) -> list[str]:
        """Texts of the mails to that address, subject first, oldest first."""
        return [
            f"{mail.subject}\n\n{decrypt(mail.sealed_text, purpose='mail')}"
            for mail in self.all()
            if mail.recipient == recipient and mail.sealed_text is not None
        ]


@pytest.fixture
def post(app: Flask) -> Post:
    return Post()


def audited(event: str) -> list[dict[str, Any]]:
    """The audit rows of one kind, oldest first."""
    rows = db.session.scalars(
        select(AuditEvent).where(AuditEvent.event == event).order_by(AuditEvent.id)
    )
    return [
        {"actor": row.actor, "actor_kind": row.actor_kind, "subject": row.subject, **row.detail}
        for row in rows
    ]
