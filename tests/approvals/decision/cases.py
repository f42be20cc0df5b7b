"""Facts for the rules, each a small change of one in which access is given."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from app.clock import start_of_day
from approvals.access_model import loading, schema
from approvals.access_model.definition import ServiceDefinition
from approvals.decision.facts import (
    AccessFacts,
    GrantFacts,
    MembershipFacts,
    OrganisationFacts,
    PersonFacts,
)

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
SCHOOL_PERFORMANCE = schema.read(
    (loading.SHIPPED / "school_performance.toml").read_bytes(),
    "school_performance.toml",
    loading.scopes_of_kinds(),
)
SCHOOL = OrganisationFacts("elm", "Elm School", "establishment", key="100001")
TRUST = OrganisationFacts("oak", "Oak Trust", "multi_academy_trust", key="1700")
SINGLE = OrganisationFacts("ivy", "Ivy Trust", "single_academy_trust", key="1800")
MEMBERSHIP = MembershipFacts(1, "elm", NOW - 100 * DAY, NOW - 99 * DAY)
GRANT = GrantFacts(1, "school_performance", "School_Named", NOW - 99 * DAY)
ALLOWED = AccessFacts(
    service_code="school_performance",
    service=SCHOOL_PERFORMANCE,
    person=PersonFacts("ada", NOW - 99 * DAY),
    organisation=SCHOOL,
    memberships=(MEMBERSHIP,),
    grants=(GRANT,),
)


def several(service: ServiceDefinition) -> ServiceDefinition:
    """The service, as if it allowed several user groups a person."""
    return service.model_copy(update={"one_user_group": False})


def closed(service: ServiceDefinition) -> ServiceDefinition:
    return service.model_copy(update={"active": False})


@dataclass(frozen=True)
class Case:
    """Facts that exactly one rule refuses, and its sentence."""

    rule: str
    facts: AccessFacts
    sentence: str


def _membership(**changes: Any) -> AccessFacts:
    return replace(ALLOWED, memberships=(replace(MEMBERSHIP, **changes),))


def _grant(**changes: Any) -> AccessFacts:
    return replace(ALLOWED, grants=(replace(GRANT, **changes),))


def _school(**changes: Any) -> AccessFacts:
    return replace(ALLOWED, organisation=replace(SCHOOL, **changes))


TWO = (GRANT, replace(GRANT, user_group="School_Anon"))

CASES = [
    Case(
        "ServiceIsKnown",
        replace(ALLOWED, service=None),
        "There is no service with the code school_performance.",
    ),
    Case(
        "ServiceIsActive",
        replace(ALLOWED, service=closed(SCHOOL_PERFORMANCE)),
        "School Performance is not in use.",
    ),
    Case(
        "PersonHasJoined",
        replace(ALLOWED, person=PersonFacts("ada", None)),
        "The account has not been set up: no invitation was accepted.",
    ),
    Case(
        "PersonHasJoined",
        replace(ALLOWED, person=PersonFacts("ada", NOW + DAY)),
        "The account was set up later, on 24 November 2026 at 9:00am.",
    ),
    Case(
        "OrganisationIsOpen",
        _school(closed_at=start_of_day(date(2026, 8, 31))),
        "Elm School closed on 31 August 2026.",
    ),
    Case(
        "OrganisationIsOpen",
        _school(opened_at=start_of_day(date(2027, 9, 1))),
        "Elm School opens on 1 September 2027.",
    ),
    Case("OrganisationIsOpen", _school(active=False), "Elm School is not open."),
    Case(
        "MembershipExists",
        replace(ALLOWED, memberships=(), grants=()),
        "There is no membership of Elm School.",
    ),
    Case(
        "MembershipHasStarted",
        _membership(valid_from=NOW + DAY),
        "Membership of Elm School starts on 24 November 2026 at 9:00am.",
    ),
    Case(
        "MembershipWasAccepted",
        _membership(joined_at=None),
        "The invitation to Elm School has not been accepted.",
    ),
    Case(
        "MembershipWasAccepted",
        _membership(joined_at=NOW + DAY),
        "Elm School was joined later, on 24 November 2026 at 9:00am.",
    ),
    Case(
        "MembershipHasNotEnded",
        _membership(valid_to=NOW),
        "Membership of Elm School ended on 23 November 2026 at 9:00am.",
    ),
    Case(
        "MembershipIsNotSuspended",
        _membership(suspended_for=("the sign-in with Elm account was switched off.",)),
        "Access through Elm School waits for an approver: "
        "the sign-in with Elm account was switched off.",
    ),
    Case(
        "MembershipIsNotSuspended",
        _membership(
            suspended_for=(
                "an approver suspended it.",
                "the second step of the account was reset.",
            )
        ),
        "Access through Elm School waits for an approver: "
        "an approver suspended it and the second step of the account was reset.",
    ),
    Case(
        "GrantExists",
        replace(ALLOWED, grants=()),
        "Elm School has not given access to School Performance yet.",
    ),
    Case(
        "GrantHasStarted",
        _grant(valid_from=NOW + DAY),
        "School Named at Elm School starts on 24 November 2026 at 9:00am.",
    ),
    Case(
        "GrantHasNotEnded",
        _grant(valid_to=NOW),
        "School Named at Elm School ended on 23 November 2026 at 9:00am.",
    ),
    Case(
        "GroupIsInTheModel",
        _grant(user_group="School_Old"),
        "School Performance has no user group School_Old any more.",
    ),
    Case(
        "GroupIsOfferedHere",
        _grant(user_group="MAT_Named"),
        "School Performance does not offer MAT Named to Elm School.",
    ),
    Case(
        "OneGroupWhereOneIsAllowed",
        replace(ALLOWED, grants=TWO),
        "School Performance allows one user group in an organisation: Elm School gives School "
        "Named and School Anon.",
    ),
]
"""One rule each. Three rules never refuse alone; `TOGETHER` has them."""

HELD_TOGETHER = several(
    SCHOOL_PERFORMANCE.model_copy(
        update={
            "user_groups": tuple(
                entry.model_copy(update={"schools": "training"})
                if entry.code == "School_Anon"
                else entry
                for entry in SCHOOL_PERFORMANCE.user_groups
            )
        }
    )
)

TOGETHER = [
    Case(
        "OrganisationMayHoldSomething",
        replace(ALLOWED, organisation=replace(SINGLE, public_id="elm")),
        "A single-academy trust holds no user group of School Performance: its school does, so "
        "people are added to the school.",
    ),
    Case(
        "GroupsShareTheirSchools",
        replace(ALLOWED, service=HELD_TOGETHER, grants=TWO),
        "School Named and School Anon open different schools and cannot be held together.",
    ),
]
