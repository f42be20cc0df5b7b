"""May this person use this service for this organisation at this moment? Pure rules over facts.

Every answer about access comes from `evaluate`: pages, tokens, lists and reports. It asks, in this
order, and a later level is asked even where an earlier one refused, so that all reasons are known:

1. about the service, the person and the organisation (`ENTRANCE`);
2. about each membership of the person in that organisation (`MEMBERSHIP`): one that passes every
   rule suffices, and only grants made through such a one count;
3. about each user group of the service granted there (`GRANT`): those that pass every rule are
   held;
4. about what is held together (`HOLDING`).

Refusal outranks permission: access is given only when no rule refuses and something is held. Grants
of other organisations are set aside before the first question. Terms of use, credentials and
suspension are no rules of this decision: the sign-in port checks them (docs/decisions/0023).
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar, TypeVarTuple

from app.database.dated_rows import has_begun
from app.refusal import Refusal
from approvals.access_model.definition import ServiceDefinition, UserGroup
from approvals.decision import rules
from approvals.decision.decision_types import Decision, RemitScope
from approvals.decision.facts import AccessFacts, GrantFacts, MembershipFacts, OrganisationFacts

EntranceRule = Callable[[AccessFacts, datetime], Refusal | None]
MembershipRule = Callable[[AccessFacts, MembershipFacts, datetime], Refusal | None]
GrantRule = Callable[[AccessFacts, GrantFacts, datetime], Refusal | None]

ENTRANCE: tuple[EntranceRule, ...] = (
    rules.ServiceIsKnown(),
    rules.ServiceIsActive(),
    rules.PersonHasJoined(),
    rules.OrganisationIsOpen(),
    rules.OrganisationMayHoldSomething(),
)
SOME_MEMBERSHIP: tuple[Callable[[AccessFacts, Sequence[MembershipFacts]], Refusal | None], ...] = (
    rules.MembershipExists(),
)
MEMBERSHIP: tuple[MembershipRule, ...] = (
    rules.MembershipHasStarted(),
    rules.MembershipWasAccepted(),
    rules.MembershipHasNotEnded(),
    rules.MembershipIsNotSuspended(),
)
SOME_GRANT: tuple[Callable[[AccessFacts, Sequence[GrantFacts]], Refusal | None], ...] = (
    rules.GrantExists(),
)
GRANT: tuple[GrantRule, ...] = (
    rules.GrantHasStarted(),
    rules.GrantHasNotEnded(),
    rules.GroupIsInTheModel(),
    rules.GroupIsOfferedHere(),
)
HOLDING: tuple[Callable[[AccessFacts, Sequence[UserGroup]], Refusal | None], ...] = (
    rules.OneGroupWhereOneIsAllowed(),
    rules.GroupsShareTheirSchools(),
)


def evaluate(facts: AccessFacts, at: datetime) -> Decision:
    """Decide from facts alone. Equal facts give equal decisions, whatever is granted elsewhere."""
    facts = facts.concerning()
    reasons = _refusals(ENTRANCE, facts, at)

    memberships, against = _passing_rows(MEMBERSHIP, facts, facts.memberships, at)
    reasons += _refusals(SOME_MEMBERSHIP, facts, facts.memberships) + against

    through = {row.id for row in memberships}
    granted = [row for row in facts.grants if row.membership in through]
    grants, against = _passing_rows(GRANT, facts, granted, at)
    reasons += _refusals(SOME_GRANT, facts, granted) + against

    groups = _groups(facts.service, grants)
    reasons += _refusals(HOLDING, facts, groups)
    if reasons or not groups:
        return Decision(False, reasons=tuple(reasons))
    return Decision(
        True,
        user_groups=groups,
        capabilities=frozenset(code for group in groups for code in group.capabilities),
        environment=groups[0].environment,
        remit=_remit(groups[0], facts.organisation),
        grants=tuple(grants),
    )


def membership_counts(facts: AccessFacts, membership: MembershipFacts, at: datetime) -> bool:
    """Return whether grants made through the membership count."""
    return not _refusals(MEMBERSHIP, facts, membership, at)


def grant_counts(facts: AccessFacts, grant: GrantFacts, at: datetime) -> bool:
    """Return whether the grant counts, if its membership does."""
    return not _refusals(GRANT, facts, grant, at)


Arguments = TypeVarTuple("Arguments")


def _refusals(
    rules: Iterable[Callable[[*Arguments], Refusal | None]], *arguments: *Arguments
) -> list[Refusal]:
    return [refusal for rule in rules if (refusal := rule(*arguments)) is not None]


Row = TypeVar("Row", MembershipFacts, GrantFacts)


def _passing_rows(
    rules: Sequence[Callable[[AccessFacts, Row, datetime], Refusal | None]],
    facts: AccessFacts,
    rows: Sequence[Row],
    at: datetime,
) -> tuple[list[Row], list[Refusal]]:
    """Return the rows that pass every rule; else the row nearest to `at`, with its reasons."""
    standing = [row for row in rows if not _refusals(rules, facts, row, at)]
    if standing or not rows:
        return standing, []
    begun = [row for row in rows if has_begun(row.valid_from, at)]
    nearest = (
        max(begun, key=lambda row: row.valid_from)
        if begun
        else min(rows, key=lambda row: row.valid_from)
    )
    return [nearest], _refusals(rules, facts, nearest, at)


def _groups(
    service: ServiceDefinition | None, grants: Sequence[GrantFacts]
) -> tuple[UserGroup, ...]:
    if service is None:
        return ()
    codes = {grant.user_group for grant in grants}
    return tuple(group for group in service.groups if group.code in codes)


def _remit(group: UserGroup, organisation: OrganisationFacts) -> RemitScope:
    match group.schools:
        case "own":
            return RemitScope("own", "own", organisation.key)
        case "remit":
            return RemitScope("remit", organisation.kind, organisation.key)
        case scope:
            return RemitScope(scope, scope, None)
