"""The purge deletes in portions, each in a transaction of its own."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import event, select

from app import retention
from app.clock import now
from app.database import db, writing
from app.outbox import OutboxMail
from app.outbox.delivery import MAILS


def _store_mails(count: int, state: str = "sent") -> None:
    with writing() as session:
        session.add_all(
            OutboxMail(
                public_id=f"{state} {number}",
                dedupe_key=f"{state} {number}",
                template="try",
                recipient="ann@school.example",
                subject="Try",
                state=state,
                created_at=now(),
                next_attempt_at=now(),
            )
            for number in range(count)
        )


def test_purge_deletes_a_portion_in_each_transaction(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PORTION", 2)
    _store_mails(5)
    _store_mails(1, state="waiting")
    steps: list[int | str] = []

    def note(_connection: Any, cursor: Any, statement: str, *_more: Any) -> None:
        if statement.startswith("DELETE FROM outbox_mail"):
            steps.append(cursor.rowcount)

    def note_commit(_connection: Any) -> None:
        if steps and steps[-1] != "commit":
            steps.append("commit")

    event.listen(db.engine, "after_cursor_execute", note)
    event.listen(db.engine, "commit", note_commit)
    with time_machine.travel(now() + MAILS.retention + timedelta(days=1), tick=False):
        deleted = retention.purge_expired()
    assert deleted["sent mail"] == 5
    assert steps == [2, "commit", 2, "commit", 1, "commit"]
    assert db.session.scalars(select(OutboxMail.state)).all() == ["waiting"]


def test_purge_sets_columns_a_portion_at_a_time(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "PORTION", 2)
    _store_mails(4)
    blank = retention.Expired(OutboxMail, OutboxMail.subject != "", values={"subject": ""})
    retention.PURGES.add(app, retention.Purge("subjects", lambda: [blank]))
    assert retention.purge_expired()["subjects"] == 0
    assert set(db.session.scalars(select(OutboxMail.subject))) == {""}
