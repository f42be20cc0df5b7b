"""Access that waits for a second approver: filed, found, and ended."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, select

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import db
from app.days import parse_day
from approvals.memberships import facts, granting
from approvals.memberships.access_changes import GivenGroup
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.deciders import Deciders
from approvals.memberships.models import Membership
from approvals.memberships.sensitive_mails import access_waits
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import DecisionKind, Ending, end, has_not_ended
from approvals.pending_decisions.models import PendingDecision

SENSITIVE_ACCESS = DecisionKind("sensitive_access", undecided=None)
"""User groups of one service for one membership, which its details name."""


@dataclass(frozen=True)
class WaitingAccess:
    """User groups that a second approver has to agree to, and for whom."""

    decision: PendingDecision
    membership: Membership
    organisation: Organisation

    @property
    def service(self) -> str:
        """Code of the service."""
        return str(self.decision.details["service"])

    @property
    def user_groups(self) -> list[str]:
        """Codes of the user groups that the person is to hold."""
        found = self.decision.details["user_groups"]
        return [str(code) for code in found] if isinstance(found, list) else []

    @property
    def on_request(self) -> bool:
        """Whether the person asked for it, and a decider about the request gave it."""
        return bool(self.decision.details.get("on_request"))

    @property
    def last_day(self) -> date | None:
        """The last day on which they count, if there is one."""
        text = self.decision.details.get("last_day")
        return parse_day(str(text)) if text else None

    @property
    def first_day(self) -> date | None:
        """The first day on which they count, where that lies ahead."""
        text = self.decision.details.get("first_day")
        return parse_day(str(text)) if text else None

    @property
    def group_names(self) -> str:
        """The user groups as people know them."""
        services = Catalogue(now())
        names = [services.group_name(self.service, code) for code in self.user_groups]
        return " and ".join(names)

    @property
    def service_name(self) -> str:
        """The service as people know it."""
        return Catalogue(now()).service_name(self.service)

    @property
    def giver_name(self) -> str:
        """Name of the person or command that gave the access."""
        asker = facts.person_of(self.decision.asked_by)
        return asker.name if asker else f"the command {self.decision.asked_by}"

    def deciders(self, at: datetime) -> Deciders:
        """Return the people who may decide about the organisation at this moment."""
        return facts.deciders(self.organisation, at)


def file_access(
    organisation: Organisation,
    membership: Membership,
    service: str,
    user_groups: Sequence[str],
    days: tuple[date | None, date | None],
    actor: Actor,
    *,
    on_request: bool = False,
) -> None:
    """File user groups for a second approver, and notify those who may agree.

    days: the first and the last day. on_request: the person asked for them, and the actor decided
    about the request. Must run under the organisation's lock; an earlier one of the service has
    been ended.
    """
    SENSITIVE_ACCESS.file(
        None,
        asked_by=actor,
        organisation_id=organisation.id,
        details={
            "membership": membership.public_id,
            "service": service,
            "user_groups": list(user_groups),
            "first_day": days[0].isoformat() if days[0] else "",
            "last_day": days[1].isoformat() if days[1] else "",
            "on_request": on_request,
        },
    )
    for waiting in waiting_access(organisation, membership):
        if waiting.service == service:
            record_step("waits", waiting, actor)
            asker = facts.account_of(actor)
            excluded = [asker.id if asker else None, membership.account_id]
            _, people = waiting.deciders(now()).nearest(
                without=[each for each in excluded if each is not None]
            )
            access_waits(
                organisation,
                membership,
                f"{waiting.group_names} of {waiting.service_name}",
                actor,
                to=people,
                decision=waiting.decision.public_id,
            )


def end_waiting(
    organisation: Organisation, membership: Membership, actor: Actor, *, service: str | None = None
) -> None:
    """End what waits for the membership: the access is changed otherwise, or the membership ends.

    service: the only service whose waiting access ends; none for all.
    """
    for waiting in waiting_access(organisation, membership):
        if service in (None, waiting.service) and end(waiting.decision, Ending.STOPPED, actor):
            record_step("waiting_ended", waiting, actor)


def waiting_access(organisation: Organisation, membership: Membership) -> list[WaitingAccess]:
    """Return what waits for a second approver for one membership, the earliest first."""
    rows = db.session.scalars(
        _open().where(
            PendingDecision.organisation_id == organisation.id,
            PendingDecision.details["membership"].as_string() == membership.public_id,
        )
    )
    return [WaitingAccess(row, membership, organisation) for row in rows]


def find_waiting(public_id: str) -> WaitingAccess | None:
    """Return the access that waits under this id, for a person who still belongs there."""
    decision = db.session.scalar(_open().where(PendingDecision.public_id == public_id))
    if decision is None:
        return None
    membership = db.session.scalar(
        select(Membership)
        .where(Membership.public_id == str(decision.details["membership"]), Membership.open)
        .options(*facts.WITH_EVERYTHING)
    )
    if membership is None:
        return None
    organisation = db.session.get_one(Organisation, membership.organisation_id)
    return WaitingAccess(decision, membership, organisation)


def decisions_about(
    organisation_id: int, memberships: Collection[str], service: str
) -> Sequence[PendingDecision]:
    """Return what was filed for a second approver, in whatever state, the earliest first.

    memberships: public ids of those that it is about.
    """
    return db.session.scalars(
        select(PendingDecision)
        .where(
            PendingDecision.kind == SENSITIVE_ACCESS.name,
            PendingDecision.organisation_id == organisation_id,
            PendingDecision.details["membership"].as_string().in_(memberships),
            PendingDecision.details["service"].as_string() == service,
        )
        .order_by(PendingDecision.id)
    ).all()


def holds_sensitive_access(
    organisation: Organisation, membership: Membership, at: datetime
) -> bool:
    """Return whether a second approver agreed to access of the membership, or is asked to."""
    held = [
        GivenGroup(each.service, each.user_group, None, each.valid_to)
        for each in facts.held_groups(membership, at)
    ]
    return bool(granting.waiting_groups(held, at) or waiting_access(organisation, membership))


def record_step(step: str, waiting: WaitingAccess, actor: Actor, reason: str | None = None) -> None:
    """Record a step on the way to the access."""
    record(
        f"access.{step}",
        actor=actor,
        organisation=waiting.organisation.public_id,
        subject=facts.subject_of(waiting.membership),
        service=waiting.service,
        membership=waiting.membership.public_id,
        person=waiting.membership.name,
        groups=waiting.group_names,
        reason=reason,
    )


def _open() -> Select[PendingDecision]:
    return (
        select(PendingDecision)
        .where(PendingDecision.kind == SENSITIVE_ACCESS.name, has_not_ended(now()))
        .order_by(PendingDecision.id)
        .execution_options(populate_existing=True)
    )
