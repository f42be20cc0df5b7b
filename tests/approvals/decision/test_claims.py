"""Claims of the decision in tokens, through the port that the provider calls."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import update

from app.clock import now
from app.database import writing
from approvals.access_model import loading
from approvals.decision import claims
from approvals.organisations.models import (
    BEGINNING,
    END,
    Organisation,
    OrganisationPeriod,
    RegisterFile,
    TrustLink,
)
from approvals.terms import actions as terms
from identity.accounts.models import Account
from identity.ports import approvals
from tests.approvals.decision import world

LIBRARY = Path(__file__).parents[1] / "access_model" / "library.toml"
PUBLISHED = "school_performance"


@pytest.fixture(autouse=True)
def services(app: Flask) -> None:
    world.load_school_performance()
    loading.load([LIBRARY])


def claims_of(
    account: Account, where: Organisation, service: str = PUBLISHED
) -> Mapping[str, Mapping[str, Any]]:
    answer = approvals().claims(account, service, where.public_id, now())
    assert answer is not None
    return answer.by_scope


def test_claims_describe_a_school_user() -> None:
    ada, elm = world.person(), world.organisation("Elm School", urn="100001")
    world.grant(world.member(ada, elm), "School_Anon")
    version = world.publish(PUBLISHED)
    with time_machine.travel("2026-03-01T10:20:30.456Z", tick=False):
        terms.accept(ada, [version], "sid", now())
    said = claims_of(ada, elm)
    assert set(said) == {"organisation", "access"}
    assert said["organisation"]["organisation"]["id"] == elm.public_id
    assert said["organisation"]["organisation"]["urn"] == "100001"
    access = dict(said["access"])
    remit = access.pop("remit")
    assert access == {
        "user_group": {"code": "School_Anon", "name": "School Anon"},
        "capabilities": ["print_reports"],
        "environment": "live",
        "terms": {"version": 1, "accepted_at": "2026-03-01T10:20:30Z"},
    }
    assert remit.pop("version")
    assert remit == {
        "kind": "own",
        "key": "100001",
        "count": 1,
        "address": "http://localhost:8000/api/remits/own/100001",
        "schools": ["100001"],
    }


def test_claims_list_capabilities_in_the_order_of_the_file() -> None:
    ada, elm = world.person(), world.organisation("Elm School", urn="100001")
    world.grant(world.member(ada, elm), "School_Named")
    assert claims_of(ada, elm)["access"]["capabilities"] == [
        "view_pupil_names",
        "download_pupil_data",
        "upload_data",
        "print_reports",
    ]


def test_claims_name_all_groups_of_a_service() -> None:
    ada, elm = world.person(), world.organisation("Elm School", urn="100001")
    membership = world.member(ada, elm)
    world.grant(membership, "lender", service="library")
    world.grant(membership, "counter", service="library")
    access = claims_of(ada, elm, "library")["access"]
    assert "user_group" not in access
    assert access["user_groups"] == [
        {"code": "lender", "name": "Lender"},
        {"code": "counter", "name": "Counter"},
    ]
    assert access["capabilities"] == ["lend", "count"]
    assert "terms" not in access


def test_claims_of_training_name_no_school() -> None:
    ada = world.person()
    ash = world.organisation("Ash Training", "training_provider", ukprn="10000001")
    world.organisation("Elm School", urn="100001")
    world.grant(world.member(ada, ash), "Training_Anon")
    access = dict(claims_of(ada, ash)["access"])
    assert access["environment"] == "training"
    assert access["remit"].pop("version")
    assert access["remit"] == {
        "kind": "training",
        "key": None,
        "count": 0,
        "address": "http://localhost:8000/api/remits/training",
        "schools": [],
    }


@pytest.mark.parametrize(("count", "listed"), [(50, True), (51, False)])
def test_claims_give_the_address_of_a_long_remit(count: int, listed: bool) -> None:
    ada = world.person()
    oak = world.organisation("Oak Trust", "multi_academy_trust", uid="1700")
    world.grant(world.member(ada, oak), "MAT_Anon")
    with writing() as session:
        schools = [
            Organisation(
                kind="establishment",
                key=f"urn:{100000 + number}",
                urn=str(100000 + number),
                name="School",
                search_name="school",
            )
            for number in range(count)
        ]
        session.add_all(schools)
        session.flush()
        for school in schools:
            session.add(
                OrganisationPeriod(
                    organisation_id=school.id,
                    valid_from=BEGINNING,
                    valid_to=END,
                    open=True,
                    name="School",
                    type_code="34",
                )
            )
            session.add(
                TrustLink(
                    organisation_id=school.id,
                    trust_id=oak.id,
                    valid_from=BEGINNING,
                    valid_to=END,
                    known_from=BEGINNING,
                )
            )
    remit = claims_of(ada, oak)["access"]["remit"]
    assert (remit["kind"], remit["key"], remit["count"]) == ("multi_academy_trust", "1700", count)
    assert ("schools" in remit) == listed
    assert remit["address"].endswith("/api/remits/multi_academy_trust/1700")


def test_claims_are_none_without_access() -> None:
    ada, elm = world.person(), world.organisation("Elm School", urn="100001")
    world.member(ada, elm)
    assert approvals().claims(ada, PUBLISHED, elm.public_id, now()) is None
    assert approvals().claims(ada, PUBLISHED, "nowhere", now()) is None


def test_dictionary_has_exactly_the_claims() -> None:
    described = {(each.name, each.scope) for each in approvals().claim_descriptions()}
    assert described == {(claim.name, claim.scope) for claim in claims.CLAIMS}
    ada, elm = world.person(), world.organisation("Elm School", urn="100001")
    world.grant(world.member(ada, elm), "School_Anon")
    for scope, said in claims_of(ada, elm).items():
        assert {(name, scope) for name in said} <= described
    assert all(each.sentence.endswith(".") for each in approvals().claim_descriptions())


def test_entrances_list_open_organisations_first() -> None:
    ada = world.person()
    elm = world.organisation("Elm School", urn="100001", town="Ashford")
    oak = world.organisation("Oak School", urn="100002")
    left = world.organisation("Left School", urn="100003")
    world.member(ada, elm)
    world.grant(world.member(ada, oak), "School_Anon")
    world.member(ada, left, until=datetime(2025, 1, 1, tzinfo=UTC))
    found = approvals().entrances(ada, PUBLISHED, now())
    assert [(each.name, each.hint, each.allowed, each.reasons) for each in found] == [
        ("Oak School", "URN 100002", True, ()),
        (
            "Elm School",
            "URN 100001, Ashford",
            False,
            ("Elm School has not given access to School Performance yet.",),
        ),
    ]


def test_entrances_explain_an_ended_membership() -> None:
    ada, elm = world.person(), world.organisation("Elm School", urn="100001")
    world.member(ada, elm, until=datetime(2025, 1, 1, tzinfo=UTC))
    (entrance,) = approvals().entrances(ada, PUBLISHED, now())
    assert "Membership of Elm School ended on 1 January 2025." in entrance.reasons


def test_services_have_code_and_name() -> None:
    port = approvals()
    assert port.service_exists("library")
    assert not port.service_exists("nothing")
    assert port.service_name("library") == "Library"
    assert port.service_name("nothing") == "nothing"


def test_claims_follow_the_register_and_the_organisation_at_once() -> None:
    ada, elm = world.person(), world.organisation("Elm School", urn="100001")
    world.grant(world.member(ada, elm), "School_Anon")
    before = claims_of(ada, elm)
    assert claims_of(ada, elm) == before
    with writing():
        elm.ukprn, elm.updated_at = "10000009", now()
    assert claims_of(ada, elm)["organisation"]["organisation"]["ukprn"] == "10000009"
    with writing() as session:
        session.execute(update(OrganisationPeriod).values(name="Elm Academy"))
        session.add(
            RegisterFile(
                family="establishments",
                stated_on=now().date(),
                complete=False,
                name="file.csv",
                sha256="0" * 64,
                account={},
            )
        )
    after = claims_of(ada, elm)
    assert after["organisation"]["organisation"]["name"] == "Elm Academy"
    assert after["access"]["remit"]["version"] != before["access"]["remit"]["version"]
