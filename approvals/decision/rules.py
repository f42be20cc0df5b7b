"""The rules of a decision: each takes facts and returns a Refusal, or None where it allows.

`evaluation` lists the levels and their order. A sentence is shown to the person, to approvers and
to operators alike, so it names neither "you" nor "they".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.database.dated_rows import has_begun, has_ended
from app.days import date_text, end_in_words
from app.refusal import Refusal
from approvals.access_model.definition import UserGroup
from approvals.decision.decision_types import Rule
from approvals.decision.facts import AccessFacts, GrantFacts, MembershipFacts

# ------------------------------------------------------------ service, person, organisation


@dataclass(frozen=True, slots=True)
class ServiceIsKnown(Rule):
    """Rule: the service exists."""

    def __call__(self, facts: AccessFacts, _at: datetime) -> Refusal | None:
        if facts.service is not None:
            return None
        return self.refuse(f"There is no service with the code {facts.service_code}.")


@dataclass(frozen=True, slots=True)
class ServiceIsActive(Rule):
    """Rule: the service is active."""

    def __call__(self, facts: AccessFacts, _at: datetime) -> Refusal | None:
        if facts.service is None or facts.service.active:
            return None
        return self.refuse(f"{facts.service.name} is not in use.")


@dataclass(frozen=True, slots=True)
class PersonHasJoined(Rule):
    """Rule: the person has joined by the moment."""

    def __call__(self, facts: AccessFacts, at: datetime) -> Refusal | None:
        joined = facts.person.joined_at
        if joined is None:
            return self.refuse("The account has not been set up: no invitation was accepted.")
        if joined > at:
            return self.refuse(f"The account was set up later, on {date_text(joined)}.")
        return None


@dataclass(frozen=True, slots=True)
class OrganisationIsOpen(Rule):
    """Rule: the organisation is open at the moment."""

    def __call__(self, facts: AccessFacts, at: datetime) -> Refusal | None:
        organisation = facts.organisation
        if organisation.closed_at is not None and organisation.closed_at <= at:
            return self.refuse(
                f"{organisation.name} closed on {date_text(organisation.closed_at)}."
            )
        if organisation.opened_at is not None and organisation.opened_at > at:
            return self.refuse(f"{organisation.name} opens on {date_text(organisation.opened_at)}.")
        if not organisation.active:
            return self.refuse(f"{organisation.name} is not open.")
        return None


@dataclass(frozen=True, slots=True)
class OrganisationMayHoldSomething(Rule):
    """Rule: the service offers some user group to this kind of organisation."""

    def __call__(self, facts: AccessFacts, _at: datetime) -> Refusal | None:
        service, organisation = facts.service, facts.organisation
        if service is None or service.offered_to(organisation.kind, organisation.listed_as):
            return None
        why = service.not_offered.get(organisation.kind)
        return self.refuse(why or f"{service.name} offers no user group to {organisation.name}.")


# --------------------------------------------------------------------------- membership


@dataclass(frozen=True, slots=True)
class MembershipExists(Rule):
    """Rule: the person has a membership of the organisation."""

    def __call__(
        self, facts: AccessFacts, memberships: Sequence[MembershipFacts]
    ) -> Refusal | None:
        if memberships:
            return None
        return self.refuse(f"There is no membership of {facts.organisation.name}.")


@dataclass(frozen=True, slots=True)
class MembershipHasStarted(Rule):
    """Rule: the membership has started."""

    def __call__(
        self, facts: AccessFacts, membership: MembershipFacts, at: datetime
    ) -> Refusal | None:
        if has_begun(membership.valid_from, at):
            return None
        return self.refuse(
            f"Membership of {facts.organisation.name} starts on {date_text(membership.valid_from)}."
        )


@dataclass(frozen=True, slots=True)
class MembershipWasAccepted(Rule):
    """Rule: the membership's invitation was accepted by the moment."""

    def __call__(
        self, facts: AccessFacts, membership: MembershipFacts, at: datetime
    ) -> Refusal | None:
        if membership.joined_at is not None and membership.joined_at <= at:
            return None
        if membership.joined_at is not None:
            when = date_text(membership.joined_at)
            return self.refuse(f"{facts.organisation.name} was joined later, on {when}.")
        return self.refuse(f"The invitation to {facts.organisation.name} has not been accepted.")


@dataclass(frozen=True, slots=True)
class MembershipHasNotEnded(Rule):
    """Rule: the membership has not ended."""

    def __call__(
        self, facts: AccessFacts, membership: MembershipFacts, at: datetime
    ) -> Refusal | None:
        if not has_ended(membership.valid_to, at):
            return None
        return self.refuse(
            f"Membership of {facts.organisation.name} ended on {date_text(membership.valid_to)}."
        )


@dataclass(frozen=True, slots=True)
class MembershipIsNotSuspended(Rule):
    """Rule: the membership is not suspended at the moment."""

    def __call__(
        self, facts: AccessFacts, membership: MembershipFacts, _at: datetime
    ) -> Refusal | None:
        if not membership.suspended_for:
            return None
        causes = " and ".join(cause.removesuffix(".") for cause in membership.suspended_for)
        return self.refuse(
            f"Access through {facts.organisation.name} waits for an approver: {causes}."
        )


# -------------------------------------------------------------------------------- grant


@dataclass(frozen=True, slots=True)
class GrantExists(Rule):
    """Rule: a user group of the service is granted in the organisation."""

    def __call__(self, facts: AccessFacts, grants: Sequence[GrantFacts]) -> Refusal | None:
        # Without a service or a membership there is nothing to be granted; those rules speak.
        if grants or not facts.memberships or facts.service is None:
            return None
        return self.refuse(
            f"{facts.organisation.name} has not given access to {facts.service.name} yet."
        )


@dataclass(frozen=True, slots=True)
class GrantHasStarted(Rule):
    """Rule: the grant has started."""

    def __call__(self, facts: AccessFacts, grant: GrantFacts, at: datetime) -> Refusal | None:
        if has_begun(grant.valid_from, at):
            return None
        return self.refuse(
            f"{_describe_grant(facts, grant)} starts on {date_text(grant.valid_from)}."
        )


@dataclass(frozen=True, slots=True)
class GrantHasNotEnded(Rule):
    """Rule: the grant has not ended."""

    def __call__(self, facts: AccessFacts, grant: GrantFacts, at: datetime) -> Refusal | None:
        if not has_ended(grant.valid_to, at):
            return None
        return self.refuse(
            f"{_describe_grant(facts, grant)} ended on {end_in_words(grant.valid_to)}."
        )


@dataclass(frozen=True, slots=True)
class GroupIsInTheModel(Rule):
    """Rule: the service's file has the user group."""

    def __call__(self, facts: AccessFacts, grant: GrantFacts, _at: datetime) -> Refusal | None:
        service = facts.service
        if service is None or service.group(grant.user_group) is not None:
            return None
        return self.refuse(f"{service.name} has no user group {grant.user_group} any more.")


@dataclass(frozen=True, slots=True)
class GroupIsOfferedHere(Rule):
    """Rule: the service's file offers the user group to this organisation."""

    def __call__(self, facts: AccessFacts, grant: GrantFacts, _at: datetime) -> Refusal | None:
        service, organisation = facts.service, facts.organisation
        group = service.group(grant.user_group) if service else None
        if service is None or group is None:
            return None
        if group in service.offered_to(organisation.kind, organisation.listed_as):
            return None
        return self.refuse(f"{service.name} does not offer {group.name} to {organisation.name}.")


# ------------------------------------------------------------------------- held together


def _describe_grant(facts: AccessFacts, grant: GrantFacts) -> str:
    group = facts.service.group(grant.user_group) if facts.service else None
    return f"{group.name if group else grant.user_group} at {facts.organisation.name}"


@dataclass(frozen=True, slots=True)
class OneGroupWhereOneIsAllowed(Rule):
    """Rule: one user group is held where the service allows one.

    Actions refuse a second grant. A later version of the service's file may allow one where several
    were granted.
    """

    def __call__(self, facts: AccessFacts, groups: Sequence[UserGroup]) -> Refusal | None:
        if facts.service is None or not facts.service.one_user_group or len(groups) < 2:
            return None
        names = " and ".join(group.name for group in groups)
        return self.refuse(
            f"{facts.service.name} allows one user group in an organisation: "
            f"{facts.organisation.name} gives {names}."
        )


@dataclass(frozen=True, slots=True)
class GroupsShareTheirSchools(Rule):
    """Rule: the user groups held together open the same schools.

    Loading a file checks its groups for each kind of organisation. An organisation may change its
    kind afterwards.
    """

    def __call__(self, _facts: AccessFacts, groups: Sequence[UserGroup]) -> Refusal | None:
        if len({(group.schools, group.environment) for group in groups}) < 2:
            return None
        names = " and ".join(group.name for group in groups)
        return self.refuse(f"{names} open different schools and cannot be held together.")
