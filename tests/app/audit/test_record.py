import pytest
from flask import Flask
from sqlalchemy import select

from app.actors import Actor
from app.audit import EVENTS, AuditEvent, Event, IncompleteEvent, UndeclaredEvent, record
from app.database import db, writing

APPROVER = Actor("person", "0190-approver", "Ann Approver")


def test_record_stores_actor_event_subject_and_place(app: Flask) -> None:
    EVENTS.add(app, Event("door.opened", "{actor} opened a door", {"organisation", "subject"}))
    with writing():
        record(
            "door.opened",
            actor=APPROVER,
            organisation="org",
            subject="person",
            before={"door": "shut"},
            after={"door": "open"},
            key="brass",
        )
    row = db.session.scalars(select(AuditEvent)).one()
    assert (row.actor, row.actor_name, row.organisation, row.subject) == (
        "0190-approver",
        "Ann Approver",
        "org",
        "person",
    )
    assert (row.before, row.after, row.detail) == (
        {"door": "shut"},
        {"door": "open"},
        {"key": "brass"},
    )
    assert row.at.tzinfo is not None
    assert row.request_id


def test_record_refuses_an_undeclared_event(app: Flask) -> None:
    with pytest.raises(UndeclaredEvent), writing():
        record("never.heard.of", actor=APPROVER)


def test_record_refuses_an_event_without_a_required_column(app: Flask) -> None:
    EVENTS.add(app, Event("door.shut", "{actor} shut a door", {"organisation"}))
    with pytest.raises(IncompleteEvent, match="organisation"), writing():
        record("door.shut", actor=APPROVER)


def test_event_cannot_be_declared_by_two_rooms(app: Flask) -> None:
    EVENTS.add(app, Event("door.painted", "painted"))
    with pytest.raises(ValueError, match="door.painted"):
        EVENTS.add(app, Event("door.painted", "painted"))
