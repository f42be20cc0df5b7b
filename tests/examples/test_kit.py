"""The kit as a developer uses it who has no framework: three questions, and being told."""

import time
from pathlib import Path

import pytest
import time_machine
from requests import RequestException

from examples.resource_server import Endings, Refused, ResourceServer
from tests.examples.stand_in import API, CLIENT_ID, CLIENT_SECRET, OWN_SCHOOL, StandIn


@pytest.fixture
def kit(op: StandIn, tmp_path: Path) -> ResourceServer:
    endings = Endings(str(tmp_path / "endings.sqlite3"))
    return ResourceServer(op.issuer, CLIENT_ID, CLIENT_SECRET, API, endings=endings)


def test_kit_reads_capabilities_and_remit_of_a_token(kit: ResourceServer, op: StandIn) -> None:
    claims = kit.claims(op.access_token())
    assert "view_pupil_names" in claims["capabilities"]
    assert kit.schools(claims) == {OWN_SCHOOL["urn"]: OWN_SCHOOL["name"]}


def test_kit_refuses_with_reason_and_status(kit: ResourceServer, op: StandIn) -> None:
    with pytest.raises(Refused, match="another kind") as refused:
        kit.claims(op.access_token(op.issuer))
    assert refused.value.status == 401
    with pytest.raises(Refused, match="without the scope") as refused:
        kit.claims(op.access_token(scope="openid"))
    assert refused.value.status == 403


def test_kit_refuses_ended_sessions_until_a_newer_token(kit: ResourceServer, op: StandIn) -> None:
    before = op.access_token()
    kit.hear(op.logout_token())
    with pytest.raises(Refused, match="signed out"):
        kit.claims(before)
    with time_machine.travel(time.time() + 2):
        assert kit.claims(op.access_token())["sub"] == op.subject


def test_kit_answers_400_to_an_invalid_logout_token(kit: ResourceServer, op: StandIn) -> None:
    with pytest.raises(Refused) as refused:
        kit.hear(op.access_token())
    assert refused.value.status == 400


def test_kit_without_logout_notices_asks_introspection(op: StandIn) -> None:
    asking = ResourceServer(op.issuer, CLIENT_ID, CLIENT_SECRET, API)
    token = op.access_token()
    assert asking.claims(token)
    op.withdrawn = True
    with pytest.raises(Refused, match="signed out"):
        asking.claims(token)


def test_kit_refuses_requests_while_the_issuer_does_not_answer(
    kit: ResourceServer, op: StandIn
) -> None:
    op.answers["down"] = True
    with pytest.raises(RequestException):
        kit.claims(op.access_token())
