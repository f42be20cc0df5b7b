"""The helper for races."""

from __future__ import annotations

import threading

import pytest
from flask import Flask, current_app
from flask.testing import FlaskClient

from tests.races import THREADS, copied, race


def test_race_runs_all_acts_side_by_side_and_returns_results_in_order(app: Flask) -> None:
    together = threading.Barrier(THREADS)

    def act(number: int) -> tuple[int, str]:
        together.wait(60)
        return number, current_app.name

    assert race(app, act) == [(number, "wsgi") for number in range(THREADS)]


def test_race_raises_what_an_act_raises(app: Flask) -> None:
    with pytest.raises(ZeroDivisionError):
        race(app, lambda number: 1 // (number - 3), threads=5)


def test_copied_browser_has_the_cookies_and_changes_none_of_the_original(
    client: FlaskClient,
) -> None:
    client.set_cookie("flavour", "plain")
    copy = copied(client)
    copy.set_cookie("flavour", "sweet")
    assert [client.get_cookie("flavour").value, copy.get_cookie("flavour").value] == [  # type: ignore[union-attr]
        "plain",
        "sweet",
    ]
