"""The example relying application beside a stand-in provider."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples import stand_in
from tests.examples.stand_in import Browser, StandIn, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with stand_in.running(tmp_path) as running:
        yield running


@pytest.fixture
def op(world: World) -> StandIn:
    return world.op


@pytest.fixture
def person(world: World) -> Browser:
    """Signed in."""
    world.browser.sign_in()
    return world.browser
