"""Races: acts that start at the same moment, each in a thread, a context and a session of its own.

responses = race(app, lambda number: copied(browser).post("/sign-in/code", data=form))
outcomes = race(app, lambda number: acts[number % 2]())
"""

import contextvars
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from flask import Flask
from flask.testing import FlaskClient

from app.database import db

THREADS = 40
_Result = TypeVar("_Result")


def race(app: Flask, act: Callable[[int], _Result], threads: int = THREADS) -> list[_Result]:
    """Return the results of so many calls of `act` that start together, in their order.

    `act` is called with its number, from 0 on, inside an application context. Its exceptions are
    raised here, after all have ended. The caller's session sees the rows that they committed.
    """
    start = threading.Barrier(threads)

    def run(number: int) -> _Result:
        with app.app_context():
            start.wait(60)
            try:
                return act(number)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(threads) as pool:
        calls = [pool.submit(contextvars.Context().run, run, each) for each in range(threads)]
    db.session.rollback()
    return [call.result() for call in calls]


def copied(browser: FlaskClient) -> FlaskClient:
    """Return another client with the cookies of this one, as another tab of the same browser.

    A client is not to be shared by threads: each response changes its cookies.
    """
    client: FlaskClient = browser.application.test_client()
    client._cookies = dict(browser._cookies or {})
    return client
