"""What a worker keeps of clients and keys goes with the first change that anybody makes."""

from __future__ import annotations

import threading

from flask import Flask
from sqlalchemy import select

from app.database import db
from identity.oidc.cache import cache, raise_revision
from identity.oidc.models import Revision


def number() -> int | None:
    return db.session.scalar(select(Revision.number))


def elsewhere(app: Flask, *, then: str) -> None:
    """Another request changes something, and reads what is kept."""

    def work() -> None:
        with app.app_context():
            raise_revision()
            cache().get("another", lambda: then)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def test_what_was_loaded_is_kept(app: Flask) -> None:
    assert cache().get("key", lambda: "first") == "first"
    assert cache().get("key", lambda: "second") == "first"


def test_a_change_makes_it_load_again(app: Flask) -> None:
    cache().get("key", lambda: "before")
    db.session.remove()
    elsewhere(app, then="meanwhile")
    assert cache().get("key", lambda: "after") == "after"


def test_what_a_reader_of_an_earlier_state_loads_is_not_kept(app: Flask) -> None:
    """On SQLite who is reading goes on to see what stood when he began."""
    raise_revision()
    cache().get("something", number)
    elsewhere(app, then="meanwhile")
    cache().get("key", number)
    db.session.remove()
    assert cache().get("key", number) == number()


def test_what_is_not_there_is_asked_for_again(app: Flask) -> None:
    assert cache().get("key", lambda: None) is None
    assert cache().get("key", lambda: "there") == "there"
