"""An independent client signs in: npm's oauth4webapi, against served processes."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta

import httpx
import pytest
from flask import Flask

from approvals.settings import Settings
from identity.oidc.dynamic_registration import tokens
from identity.oidc.dynamic_registration.policy import Policy
from tests.identity.oidc.foreign_client import CALLBACK, foreign_client, sign_in
from tests.identity.oidc.served import serving
from tests.identity.people import Person

pytestmark = pytest.mark.usefixtures("processes")


def test_oauth4webapi_registers_itself_and_signs_in_with_proofs_and_nonces(
    provider: Flask, app_settings: Settings, ada: Person
) -> None:
    initial, _ = tokens.issue("oauth4webapi", Policy(), uses=1, life=timedelta(days=1))
    with ExitStack() as stack:
        served = stack.enter_context(serving(app_settings, workers=2))
        browser = stack.enter_context(httpx.Client(timeout=60))
        order = {
            "issuer": served.issuer,
            "initial_access_token": initial,
            "redirect_uri": CALLBACK,
        }
        client = stack.enter_context(foreign_client("oauth4webapi.mjs", order))
        client.tell({"callback": sign_in(browser, client.answer()["address"], ada)})
        result = client.answer()
    assert result["claims"]["aud"] == result["client_id"]
    assert result["claims"]["sub"] == result["userinfo"]["sub"] == ada.subject
    assert result["nonces"] >= 1
    assert result["before"]["cnf"]["jkt"]
    assert result["after"]["active"] is False
