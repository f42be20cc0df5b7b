"""The one way to write."""

import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.actors import SYSTEM
from app.audit import EVENTS, AuditEvent, Event, record
from app.database import NotWriting, db, writing


@pytest.fixture(autouse=True)
def _an_event(app: Flask) -> None:
    EVENTS.add(app, Event("test.happened", "{actor} did something"))


def _rows() -> int:
    count = db.session.scalar(select(func.count()).select_from(AuditEvent))
    db.session.rollback()
    return count or 0


def test_writing_commits_at_its_end(app: Flask) -> None:
    with writing():
        record("test.happened", actor=SYSTEM)
    assert _rows() == 1


def test_writing_rolls_back_after_an_exception(app: Flask) -> None:
    def fail_half_way() -> None:
        with writing():
            record("test.happened", actor=SYSTEM)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_half_way()
    assert _rows() == 0


def test_writing_inside_writing_joins_the_outer_transaction(app: Flask) -> None:
    def fail_after_the_inner_one() -> None:
        with writing():
            with writing():
                record("test.happened", actor=SYSTEM)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_the_inner_one()
    assert _rows() == 0


def test_statement_that_writes_is_refused_outside_writing(app: Flask) -> None:
    with pytest.raises(NotWriting):
        record("test.happened", actor=SYSTEM)


def test_adding_an_object_is_refused_outside_writing(app: Flask) -> None:
    db.session.add(AuditEvent())
    with pytest.raises(NotWriting):
        db.session.flush()
    db.session.rollback()


def test_writers_wait_for_each_other_instead_of_failing(app: Flask) -> None:
    def write_ten() -> None:
        with app.app_context():
            for _ in range(10):
                db.session.scalar(select(func.count()).select_from(AuditEvent))
                with writing():
                    record("test.happened", actor=SYSTEM)

    threads = [threading.Thread(target=write_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _rows() == 40
