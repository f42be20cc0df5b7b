"""A school, an operator's browser, and clients' own servers on the loopback."""

from __future__ import annotations

import pytest
from flask import Flask

from approvals.organisations.models import Organisation
from approvals.settings import Settings
from identity.oidc.keys import actions as keys
from tests.approvals import world
from tests.approvals.world import browser
from tests.conftest import settings
from tests.identity.walking import Walker


@pytest.fixture
def school(app: Flask) -> Organisation:
    keys.ensure()
    return world.school()


@pytest.fixture
def olive(app: Flask, school: Organisation) -> Walker:
    return browser(app, world.operator())


@pytest.fixture
def app_settings(database_url: str) -> Settings:
    """Clients' own servers run beside the tests."""
    return settings(database_url, outbound_networks="127.0.0.0/8")
