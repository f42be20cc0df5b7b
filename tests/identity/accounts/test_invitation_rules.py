"""Invitations that have expired or can be answered: the rules and their SQL agree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, writing
from identity.accounts.models import Invitation, InvitationState

END = datetime(2026, 9, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.fixture
def invitations(app: Flask) -> list[Invitation]:
    with writing() as session:
        found = [
            Invitation(
                email="bo@school.example",
                email_key="bo@school.example",
                given_name="Bo",
                family_name="",
                invited_by="Ada Byron",
                state=state.value,
                expires_at=expires_at,
            )
            for state in InvitationState
            for expires_at in (END - TICK, END, END + TICK)
        ]
        session.add_all(found)
    return found


def test_rules_and_statements_agree_on_invitations(invitations: list[Invitation]) -> None:
    expired = select(Invitation.id).where(Invitation.has_expired(END))
    assert set(db.session.scalars(expired)) == {
        each.id for each in invitations if each.has_expired(END)
    }
    answerable = select(Invitation.id).where(Invitation.can_be_answered(END))
    found = [each for each in invitations if each.can_be_answered(END)]
    assert set(db.session.scalars(answerable)) == {each.id for each in found}
    assert [(each.state, each.expires_at) for each in found] == [("open", END + TICK)]
