"""Reads about requests to join two accounts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select

from app.clock import now
from app.database import db
from app.database.dated_rows import has_ended
from app.refusal import Refusal
from approvals.account_joining import rules
from approvals.memberships import facts, stand_ins, wording
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.models import Membership
from approvals.memberships.two_operators import first_agreements
from approvals.operators.actions import is_operator
from approvals.organisations.models import Organisation
from approvals.pending_decisions.decisions import DecisionKind, Ending, has_not_ended
from approvals.pending_decisions.models import PendingDecision
from identity.accounts.models import Account
from identity.credentials import registry
from identity.credentials.password import PASSWORD
from identity.oidc.models import Client, TokenFamily

DECIDED_WITHIN = timedelta(days=14)
JOINING = DecisionKind("account_joining", undecided=DECIDED_WITHIN)
PROVED_WITHIN = timedelta(minutes=30)
"""Time between the proofs of the two accounts."""


@dataclass(frozen=True)
class JoiningAccount:
    """One of the two accounts, as operators see it. memberships: organisation and access."""

    account: Account
    factors: Sequence[str]
    memberships: Sequence[tuple[str, str]]
    services: Sequence[str]


@dataclass(frozen=True)
class Joining:
    """A request with both accounts: the one that the person keeps, and the one that ends.

    agreed_by: subject of the operator who agreed first, where that counts.
    """

    decision: PendingDecision
    kept: JoiningAccount
    other: JoiningAccount
    deciders: int
    agreed_by: str | None


@dataclass(frozen=True)
class WaitingJoining:
    """A request in the list, with the account that the person keeps.

    agreed_by: as of `Joining`.
    """

    decision: PendingDecision
    kept: Account
    agreed_by: str | None


@dataclass(frozen=True)
class JoiningState:
    """State of the person's page.

    waits: operators have to decide. ends_at: when a request that waits ends undecided.
    ended_at: when the latest one did. begun: the account that is kept was proved, and the
    other one can be now. proves: id of the request that this account would complete, with the
    address of the account that is kept.
    """

    waits: bool
    ends_at: datetime | None
    ended_at: datetime | None
    begun: bool
    proves: str | None
    kept: str


def account_of(subject: str) -> Account | None:
    """Return the account with this subject, or None."""
    return db.session.scalar(select(Account).where(Account.subject == subject))


def other_of(decision: PendingDecision) -> str:
    """Return the subject of the account that ends; empty before it was proved."""
    return str(decision.details.get("other", ""))


def begun_in(browser: str | None, account_id: int) -> PendingDecision | None:
    """Return the request that was begun in this browser with another account, or None."""
    if browser is None:
        return None
    return db.session.scalar(
        select(PendingDecision)
        .where(
            PendingDecision.kind == JOINING.name,
            PendingDecision.account_id != account_id,
            PendingDecision.details["browser"].as_string() == browser,
            PendingDecision.details["other"].as_string() == "",
            PendingDecision.asked_at > now() - PROVED_WITHIN,
            PendingDecision.ended_at.is_(None),
        )
        .order_by(PendingDecision.id.desc())
        .limit(1)
    )


def open_about(account: Account) -> PendingDecision | None:
    """Return the open request that names the account, as either of the two."""
    return db.session.scalar(
        _about(account).where(has_not_ended(now())).execution_options(populate_existing=True)
    )


def _ended_undecided(account: Account) -> datetime | None:
    """Return when the latest request with both accounts ended, if no operator decided it."""
    latest = db.session.scalar(
        _about(account)
        .where(PendingDecision.details["other"].as_string() != "")
        .order_by(PendingDecision.id.desc())
        .limit(1)
    )
    if latest is None or latest.ending not in {None, Ending.EXPIRED.value}:
        return None
    ended_at = latest.undecided_until
    return ended_at if latest.decided_at is None and has_ended(ended_at, now()) else None


def _about(account: Account) -> Select[PendingDecision]:
    """Select the requests that name the account, as either of the two."""
    return select(PendingDecision).where(
        PendingDecision.kind == JOINING.name,
        or_(
            PendingDecision.account_id == account.id,
            PendingDecision.details["other"].as_string() == account.subject,
        ),
    )


def state_of(account_id: int, browser: str | None) -> JoiningState:
    """Return the state of the person's page in this browser."""
    account = db.session.get_one(Account, account_id)
    begun = begun_in(browser, account_id)
    present = open_about(account)
    kept = db.session.get(Account, begun.account_id) if begun is not None else None
    return JoiningState(
        waits=present is not None and bool(other_of(present)),
        ends_at=present.undecided_until if present is not None else None,
        ended_at=_ended_undecided(account),
        begun=present is not None and _can_be_completed(present, browser),
        proves=begun.public_id if begun is not None else None,
        kept=kept.email if kept is not None else "",
    )


def _can_be_completed(decision: PendingDecision, browser: str | None) -> bool:
    """Return whether the other account can still be proved in this browser."""
    return (
        not other_of(decision)
        and decision.details["browser"] == browser
        and decision.asked_at > now() - PROVED_WITHIN
    )


def refusal_of(found: Joining) -> Refusal | None:
    """Return the reason for which the accounts cannot be joined at the moment, or None."""
    return rules.may_join(gather(found.kept.account, found.other.account))


def waiting() -> Sequence[WaitingJoining]:
    """Return the requests that wait for operators, oldest first."""
    found = db.session.execute(
        select(PendingDecision, Account)
        .join(Account, Account.id == PendingDecision.account_id)
        .where(
            PendingDecision.kind == JOINING.name,
            PendingDecision.details["other"].as_string() != "",
            has_not_ended(now()),
        )
        .order_by(PendingDecision.asked_at, PendingDecision.id)
    )
    rows = [(row[0], row[1]) for row in found]
    agreements = first_agreements([decision.id for decision, _ in rows])
    return [WaitingJoining(each, kept, agreements.get(each.id)) for each, kept in rows]


def find(public_id: str) -> Joining | None:
    """Return the request that waits for operators, with everything that they have to see."""
    found = next((each for each in waiting() if each.decision.public_id == public_id), None)
    if found is None:
        return None
    decision, kept = found.decision, found.kept
    other = db.session.scalars(select(Account).where(Account.subject == other_of(decision))).one()
    return Joining(
        decision=decision,
        kept=_describe(kept),
        other=_describe(other),
        deciders=deciders(kept, other),
        agreed_by=found.agreed_by,
    )


def deciders(kept: Account, other: Account) -> int:
    """Return how many operators decide about these two accounts."""
    return rules.deciders(
        kept_belongs=bool(memberships(kept.id)), other_belongs=bool(memberships(other.id))
    )


def gather(kept: Account, other: Account) -> rules.JoiningFacts:
    """Return the facts for the rules."""
    shared = {organisation.id for organisation, _ in memberships(kept.id)}
    return rules.JoiningFacts(
        active=kept.active and other.active,
        operators=is_operator(kept.id) or is_operator(other.id),
        left_alone=[
            organisation.name
            for organisation, _ in memberships(other.id)
            if organisation.id in shared and facts.active_approvers(organisation.id).last(other.id)
        ],
    )


def memberships(account_id: int) -> list[tuple[Organisation, Membership]]:
    """Return the open memberships with their organisations, in the order of locking."""
    rows = db.session.execute(
        select(Organisation, Membership)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.account_id == account_id, Membership.open)
        .options(*facts.WITH_EVERYTHING)
        .order_by(Organisation.id)
    )
    return [(row[0], row[1]) for row in rows]


def _describe(account: Account) -> JoiningAccount:
    password = ["password"] if PASSWORD.enrolled(account.id) else []
    services = db.session.scalars(
        select(Client.name)
        .join(TokenFamily, TokenFamily.client_id == Client.id)
        .where(TokenFamily.account_id == account.id)
        .distinct()
        .order_by(Client.name)
    ).all()
    return JoiningAccount(
        account,
        [*password, *registry.summaries(account.id)],
        [(organisation.name, _access(each)) for organisation, each in memberships(account.id)],
        services,
    )


def _access(membership: Membership) -> str:
    at = now()
    held, services = facts.held_groups(membership, at), Catalogue(at)
    groups = [
        f"{services.service_name(service)}: {wording.describe_groups(held, service, at)}"
        for service in dict.fromkeys(each.service for each in held)
    ]
    if membership.is_approver:
        groups.append("approver")
    if stand_ins.current_spell(membership, at) is not None:
        groups.append("stand-in")
    return "; ".join(groups) or "no user group"
