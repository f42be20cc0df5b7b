"""Merging one organisation into another: its people go on in the other one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from app.actors import Actor
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.refusal import RefusalError
from approvals.memberships import facts, wording
from approvals.memberships.actions.closing import MERGED, close_membership
from approvals.memberships.continuation import open_continued
from approvals.memberships.models import Membership
from approvals.organisations.by_hand import close_locked, lock_open
from approvals.organisations.models import Organisation
from identity.accounts.models import Invitation

Offered = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Merged:
    """How many people went on in the other organisation, and how many belonged to it already."""

    moved: int
    already: int


def merge_organisations(source: Organisation, target: Organisation, *, actor: Actor) -> Merged:
    """Close `source` and give its people the same access in `target` from now on.

    People who belong to both keep what they have in `target`. An open invitation stays open and
    leads to `target`. User groups that `target` is not offered are left out. Raises RefusalError.
    """
    with writing() as session:
        if source.id == target.id:
            raise RefusalError.of(
                "same_organisation", "An organisation cannot be merged into itself."
            )
        _lock_invitations(session, source)
        for each in sorted((source, target), key=lambda organisation: organisation.id):
            lock_open(session, each)
        if source.kind != target.kind:
            raise RefusalError.of(
                "different_kinds",
                f"{source.name} and {target.name} are organisations of different kinds.",
            )
        at = now()
        offered = facts.offered_groups(target, at)
        moved = already = 0
        for membership in _open_memberships(session, source):
            if _belongs(session, membership, target):
                already += 1
            else:
                _continue_in(session, membership, source, target, offered, actor, at)
                moved += 1
            close_membership(session, membership, source, cause=MERGED, at=at, actor=actor)
        close_locked(session, source)
        record(
            "organisation.merged",
            actor=actor,
            organisation=source.public_id,
            into=target.public_id,
            target_name=target.name,
            moved=moved,
            already=already,
        )
    return Merged(moved, already)


def count_people(organisation: Organisation) -> int:
    """Return how many people belong to an organisation or are invited to it."""
    number: int = (
        db.session.scalar(
            select(func.count(Membership.id)).where(
                Membership.organisation_id == organisation.id, Membership.open
            )
        )
        or 0
    )
    return number


def _lock_invitations(session: Session, organisation: Organisation) -> None:
    """Lock the invitations before the organisation, as accepting one does."""
    held = select(Membership.invitation_id).where(
        Membership.organisation_id == organisation.id, Membership.open
    )
    session.scalars(select(Invitation.id).where(Invitation.id.in_(held)).with_for_update()).all()


def _open_memberships(session: Session, organisation: Organisation) -> list[Membership]:
    return list(
        session.scalars(
            select(Membership)
            .where(Membership.organisation_id == organisation.id, Membership.open)
            .order_by(Membership.id)
            .options(*facts.WITH_EVERYTHING)
            .execution_options(populate_existing=True)
        )
    )


def _belongs(session: Session, membership: Membership, target: Organisation) -> bool:
    """Return whether the person is in the target already, by address or by account."""
    same = Membership.email_key == membership.email_key
    if membership.account_id is not None:
        same = or_(same, Membership.account_id == membership.account_id)
    found = session.scalar(
        select(Membership.id)
        .where(Membership.organisation_id == target.id, Membership.open, same)
        .limit(1)
    )
    return found is not None


def _continue_in(
    session: Session,
    membership: Membership,
    source: Organisation,
    target: Organisation,
    offered: Offered,
    actor: Actor,
    at: datetime,
) -> None:
    """Open a membership of the target with the same access; an open invitation goes with it.

    Access that is suspended stays so.
    """
    joined = membership.joined_at is not None
    invitation_id = None if joined else membership.invitation_id
    if invitation_id is not None:
        membership.invitation_id = None
        session.flush()
    continued = Membership(
        organisation_id=target.id,
        account_id=membership.account_id,
        invitation_id=invitation_id,
        email=membership.email,
        email_key=membership.email_key,
        given_name=membership.given_name,
        family_name=membership.family_name,
        valid_from=at,
        joined_at=at if joined else None,
    )
    offered_there = [
        grant
        for grant in membership.grants
        if grant.ends_after(at) and grant.user_group in offered.get(grant.service, ())
    ]
    open_continued(membership, continued, offered_there, at)
    record(
        "membership.moved",
        actor=actor,
        organisation=target.public_id,
        subject=facts.subject_of(continued),
        after={
            "access": wording.access_codes(facts.held_groups(continued, at)),
            "approver": continued.is_approver,
        },
        membership=continued.public_id,
        person=continued.name,
        source=source.public_id,
    )
