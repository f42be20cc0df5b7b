"""The demo's clients: what a new demo registers, and what an older one is given."""

import pytest
from flask import Flask

from approvals.settings import Settings
from examples.demo import clients
from examples.demo.clients import EXAMPLE, PLAYGROUND
from examples.demo.configuration import Addresses
from tests.approvals.decision.world import load_school_performance
from tests.conftest import settings

HERE = Addresses(8000, 8001, "http://localhost:8000")


@pytest.fixture
def app_settings(database_url: str) -> Settings:
    return settings(database_url, outbound_networks=["127.0.0.0/8"])


@pytest.fixture(autouse=True)
def _service(app: Flask) -> None:
    load_school_performance()


def test_demo_registers_the_example_first_with_a_logout_address() -> None:
    example, playground = clients.register(HERE, [])
    assert example["backchannel_logout_uri"] == "http://localhost:8001/back-channel-logout"
    assert example["exchange_from"] == [playground["client_id"]]
    assert example["client_secret"]
    assert playground["client_secret"]


def test_older_demo_gets_a_playground_and_keeps_its_client() -> None:
    before = clients.register(HERE, [])[:1]
    after = clients.register(HERE, before)
    assert len(after) == 2
    for member in ("client_id", "client_secret"):
        assert after[EXAMPLE][member] == before[EXAMPLE][member]
    assert clients.register(HERE, after)[PLAYGROUND]["client_id"] == after[PLAYGROUND]["client_id"]
