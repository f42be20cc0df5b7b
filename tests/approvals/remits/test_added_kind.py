"""A kind of organisation with schools of its own is an entry of data: its rule has the queries."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from app.clock import now
from approvals.organisations import kinds
from approvals.organisations.kinds import KINDS, Kind, KindFacts, RemitRule
from approvals.remits import remit as remits
from approvals.remits.later import learned_later
from approvals.remits.notes import notes
from approvals.remits.remit import remit_of, remit_of_key
from tests.approvals.decision.world import organisation

CODE = "combined_authority"


@pytest.fixture
def added_kind(monkeypatch: pytest.MonkeyPatch) -> Kind:
    """A member of `Kind` and an entry of `KINDS`, for the time of the test."""
    kind = str.__new__(Kind, CODE)
    kind._name_, kind._value_ = CODE.upper(), CODE
    monkeypatch.setitem(Kind._value2member_map_, CODE, kind)
    facts = KindFacts(
        name="Combined authority",
        plural="Combined authorities",
        category_id="002",
        category_name="Local Authority",
        identifier="la_code",
        identifier_label="LA code",
        remit=RemitRule.LOCAL_AUTHORITY,
        by_hand=True,
    )
    with_it = MappingProxyType({**KINDS, kind: facts})
    for module in (kinds, remits):
        monkeypatch.setattr(module, "KINDS", with_it)
    return kind


@pytest.mark.usefixtures("app")
def test_added_kind_has_the_schools_of_its_rule(added_kind: Kind) -> None:
    organisation("Oak School", urn="100001", la_code="201")
    organisation("Elm School", urn="100002", la_code="202")
    authority = organisation("Marlshire", "local_authority", la_code="201")
    combined = organisation("Greater Marlshire", added_kind.value, la_code="201")
    at = now()
    remit = remit_of(combined, "remit", at)
    assert (remit.kind, remit.key) == (CODE, "201")
    assert [school.urn for school in remit.schools] == ["100001"]
    assert remit_of_key(CODE, "201", at) == remit
    assert remit_of_key("local_authority", "201", at) == remit_of(authority, "remit", at)
    assert remit_of_key(CODE, "999", at) is None
    assert CODE in remits.kinds()
    assert notes(remit) == []
    assert learned_later(remit, at) == {}


@pytest.mark.usefixtures("app", "added_kind")
def test_tokens_of_unknown_kinds_have_no_remit() -> None:
    for kind in ("department", "remit", "", "establishment"):
        assert remit_of_key(kind, "201", now()) is None


def test_every_rule_of_a_remit_has_its_queries() -> None:
    assert set(remits._BY_RULE) == set(RemitRule)
    assert remits.kinds() == (
        "own",
        "multi_academy_trust",
        "single_academy_trust",
        "local_authority",
        "diocese",
        "all",
        "training",
    )
