"""Each condition under which a service may read a remit: somebody of its own people has it now."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from app.clock import now
from approvals.organisations.models import Organisation
from approvals.remit_api.service_access import is_of_service
from approvals.remits.remit import remit_of
from tests.approvals.decision import world

SERVICE = "school_performance"
ENDED = datetime(2021, 1, 1, tzinfo=UTC)


@pytest.fixture
def trust(app: Flask) -> Organisation:
    world.load_school_performance()
    return world.organisation("Oak Trust", "multi_academy_trust", uid="17999")


def reaches(organisation: Organisation, service: str = SERVICE) -> bool:
    return is_of_service(remit_of(organisation, "remit", now()), service, now())


def test_is_of_service_is_true_of_the_remit_of_a_holder(trust: Organisation) -> None:
    assert not reaches(trust)
    world.grant(world.member(world.person(), trust), "MAT_Named")
    assert reaches(trust)
    assert not reaches(trust, "nothing")


Make = Callable[[Organisation], object]


@pytest.mark.parametrize(
    "make",
    [
        lambda trust: world.grant(
            world.member(world.person(), trust), "MAT_Named", service="library"
        ),
        lambda trust: world.grant(world.member(world.person(), trust), "Ofsted_Anon"),
        lambda trust: world.grant(
            world.member(world.person(), trust), "MAT_Named", since=now() + timedelta(days=1)
        ),
        lambda trust: world.grant(world.member(world.person(), trust), "MAT_Named", until=ENDED),
        lambda trust: world.grant(world.member(world.person(), trust, joined_at=None), "MAT_Named"),
        lambda trust: world.grant(world.member(world.person(), trust, until=ENDED), "MAT_Named"),
        lambda _trust: world.grant(
            world.member(
                world.person(),
                world.organisation("Elm Trust", "multi_academy_trust", uid="17998"),
            ),
            "MAT_Named",
        ),
    ],
    ids=[
        "group of another service",
        "group that gives other schools",
        "grant that has not begun",
        "grant that has ended",
        "person who has not joined",
        "membership that has ended",
        "person of another organisation",
    ],
)
def test_is_of_service_is_false_of_a_remit_through(trust: Organisation, make: Make) -> None:
    make(trust)
    assert not reaches(trust)


def test_is_of_service_counts_grants_and_memberships_with_ends_ahead(trust: Organisation) -> None:
    ahead = now() + timedelta(days=1)
    world.grant(world.member(world.person(), trust, until=ahead), "MAT_Named", until=ahead)
    assert reaches(trust)


def test_is_of_service_needs_a_group_of_all_schools_for_all(trust: Organisation) -> None:
    world.grant(world.member(world.person(), trust), "MAT_Named")
    everything = remit_of(trust, "all", now())
    assert not is_of_service(everything, SERVICE, now())
    world.grant(world.member(world.person("Bea Young"), trust), "Ofsted_Anon")
    assert is_of_service(everything, SERVICE, now())
    assert not is_of_service(remit_of(trust, "training", now()), SERVICE, now())


def test_is_of_service_counts_a_grant_from_its_start_and_not_at_its_end(
    trust: Organisation,
) -> None:
    begins, ends = datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)
    world.grant(world.member(world.person(), trust), "MAT_Named", since=begins, until=ends)
    remit = remit_of(trust, "remit", begins)
    assert is_of_service(remit, SERVICE, begins)
    assert not is_of_service(remit, SERVICE, ends)


def test_is_of_service_counts_no_membership_at_its_end(trust: Organisation) -> None:
    ends = datetime(2026, 10, 1, tzinfo=UTC)
    world.grant(world.member(world.person(), trust, until=ends), "MAT_Named")
    remit = remit_of(trust, "remit", ends)
    assert is_of_service(remit, SERVICE, ends - timedelta(days=1))
    assert not is_of_service(remit, SERVICE, ends)
