"""Programs' requests run one at a time on SQLite, save while one waits."""

from __future__ import annotations

import threading
from contextlib import nullcontext

import pytest
from flask import Flask

from app import waiting
from app.waiting import acquired, in_turn, others_at_work
from tests.conftest import settings

SECONDS = 10


@pytest.fixture
def site() -> Flask:
    site = Flask(__name__)
    waiting.install(site, settings("sqlite://"))
    return site


def at_once(site: Flask, *, wait: bool) -> bool:
    """Whether another request had its turn before the first one's end."""
    first_inside, second_done = threading.Event(), threading.Event()
    seen: list[bool] = []

    def first() -> None:
        with in_turn(site):
            first_inside.set()
            with waiting.waiting() if wait else nullcontext():
                seen.append(second_done.wait(SECONDS if wait else 0.3))

    def second() -> None:
        first_inside.wait(SECONDS)
        with in_turn(site):
            second_done.set()

    threads = [threading.Thread(target=each) for each in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen == [True]


def test_one_request_has_its_turn_after_the_other(site: Flask) -> None:
    assert not at_once(site, wait=False)


def test_who_waits_lets_others_go_on(site: Flask) -> None:
    assert at_once(site, wait=True)


def test_on_postgresql_nobody_waits_for_a_turn(site: Flask) -> None:
    waiting.install(site, settings("postgresql+psycopg://localhost/nothing"))
    assert at_once(site, wait=False)


def test_a_turn_ends_with_an_error_as_well(site: Flask) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="inside"), in_turn(site):
            raise ValueError("inside")
    assert not others_at_work()


def test_waiting_without_a_turn_is_nothing_special() -> None:
    with waiting.waiting():
        assert not others_at_work()


def test_a_lock_that_stays_taken_is_not_had(site: Flask) -> None:
    lock = threading.Lock()
    with in_turn(site):
        assert acquired(lock)
        assert not acquired(lock, timeout=0.01)
        assert not others_at_work()
