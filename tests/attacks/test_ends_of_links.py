"""Every kind of link in a mail: stored as a hash, and over a second after its end.

`LIFETIMES` lists how long each kind of `test_kinds_of_links.KINDS` is good.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import inspect, text

from app.database import db
from tests.attacks.test_kinds_of_links import KINDS, Scene, every_kind, is_over
from tests.identity.conftest import Post
from tests.identity.people import make_person
from tests.identity.walking import Walker

LIFETIMES = {
    "/invitation/<token>": timedelta(days=14),
    "/reset-password/<token>": timedelta(minutes=60),
    "/not-me/<token>": timedelta(days=7),
    "/account/email/confirm/<token>": timedelta(hours=24),
    "/second-step-reset/<token>": timedelta(days=7),
}
RUN_OUT = "This invitation has run out"


@pytest.fixture
def scene(app: Flask) -> Scene:
    return Scene(app, make_person(), Post(), app.test_client())


@every_kind
def test_LK_02_token_of_every_kind_is_stored_as_a_hash_only(
    scene: Scene, route: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    path = KINDS[route].send(scene)
    token = path.rpartition("/")[2]
    assert len(token) >= 43, "256 bits in base64"
    Walker(scene.app.test_client()).get(path)
    for table in inspect(db.engine).get_table_names():
        for row in db.session.execute(text(f'SELECT * FROM "{table}"')):
            assert not any(token in str(value) for value in row), table
    assert token not in caplog.text + "".join(capfd.readouterr())


@every_kind
def test_LK_04_link_of_every_kind_is_refused_a_second_after_its_end(
    scene: Scene, route: str, clock: time_machine.Traveller
) -> None:
    """No clean-up runs in between."""
    path = KINDS[route].send(scene)
    clock.shift(LIFETIMES[route] - timedelta(seconds=1))
    assert Walker(scene.app.test_client()).get(path).status == 200
    clock.shift(timedelta(seconds=1))
    page = Walker(scene.app.test_client()).get(path)
    assert is_over(page) or page.heading == RUN_OUT
