"""Tokens at our own endpoints, when the person they are for has lost the access."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.attacks.oidc.evidence import audited
from tests.identity.oidc.relying_party import RelyingParty
from tests.identity.oidc.rights import Rights
from tests.identity.people import Person


@pytest.mark.parametrize("asked", ["userinfo", "introspect"])
def test_end_of_a_family_is_recorded_once(
    service_rp: RelyingParty, browser: FlaskClient, ada: Person, rights: Rights, asked: str
) -> None:
    token = service_rp.tokens(browser)["access_token"]
    rights.doors = []
    for _ in range(2):
        getattr(service_rp, asked)(token)
    (row,) = audited("token.ended")
    assert (row.subject, row.client) == (ada.subject, service_rp.client_id)
    assert (row.service, row.organisation) == ("reports", "oakfield")
    assert row.detail["cause"] == "no access any more"
