"""Undoing a removal within a day: new rows from now on, and the gap stays."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.actors import Actor
from app.audit import record
from app.clock import day_of, now
from app.database import writing
from app.database.dated_rows import has_ended
from app.refusal import RefusalError
from approvals.memberships import facts, granting, mails, rules, stand_ins, suspension, wording
from approvals.memberships.access_changes import GivenGroup
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.models import Appointment, Grant, Membership
from approvals.memberships.recent_changes import refuse_change
from approvals.organisations.models import Organisation
from approvals.organisations.queries import is_open
from identity.access_termination import lock_access
from identity.accounts.models import Account

AS_APPROVER = "being an approver, because the account is suspended"
AS_STAND_IN = "standing in as an approver, for which an approver has to name the person again"


def undo_removal(membership: Membership, *, actor: Actor) -> tuple[Membership, Sequence[str]]:
    """Give the person a new membership with the access that ended with the removed one.

    Return it, and descriptions of the parts that today's rules leave out. A suspension goes on.
    Sessions, tokens and links that ended stay ended. Raises RefusalError; of several calls one has
    an effect.
    """
    with writing() as session:
        membership = facts.lock_membership(session, membership)
        organisation = session.get_one(Organisation, membership.organisation_id)
        account = lock_access(membership.account_id) if membership.account_id else None
        if account is None or account.closed_at is not None:
            raise RefusalError(rules.NOT_TO_UNDO)
        at = now()
        actors_account = facts.account_of(actor)
        refusal = (
            rules.may_act(
                facts.authority(
                    actor,
                    actors_account,
                    facts.active_approvers(organisation.id),
                    about_approvers=ended_as_approver(membership),
                )
            )
            or rules.may_undo_removal(
                undo_until=membership.undo_until,
                at=at,
                oneself=actors_account is not None and actors_account.id == account.id,
                added_since=facts.has_later_membership(membership, account.address),
            )
            or (None if is_open(organisation, at) else rules.ORGANISATION_ENDED)
            or (
                rules.ALREADY_MEMBER
                if facts.open_membership(organisation.id, account.address)
                else None
            )
            or refuse_change(membership, at)
        )
        if refusal is not None:
            raise RefusalError(refusal)
        returning, left_out = returning_grants(membership, organisation, at)
        left_out += parts_left_out(membership, account)
        approver = ended_as_approver(membership) and not account.suspended
        again = _open(session, membership, account, returning, at, actor, approver=approver)
        suspension.continue_in(membership, again, at)
        record(
            "membership.removal_undone",
            actor=actor,
            organisation=organisation.public_id,
            subject=account.subject,
            after={
                "access": wording.access_codes(facts.held_groups(again, at)),
                "approver": approver,
            },
            membership=again.public_id,
            former=membership.public_id,
            person=again.name,
            left_out=left_out,
        )
        mails.removal_undone(organisation, again, actor, left_out)
        if approver:
            mails.new_approver(organisation, again, actor)
    return again, left_out


def returning_grants(
    membership: Membership, organisation: Organisation, at: datetime
) -> tuple[list[Grant], list[str]]:
    """Return the ended grants that today's rules allow again, and descriptions of the others."""
    offered = facts.offered_groups(organisation, at)
    several = facts.services_with_several_groups(organisation, at)
    catalogue = Catalogue(at)
    returning: list[Grant] = []
    left_out: list[str] = []
    for grant in facts.groups_ended_with(membership, at):
        groups = [
            each.user_group
            for each in returning
            if each.service == grant.service and _count_at_once(each, grant)
        ]
        refusal = rules.may_give(
            {grant.service: [*groups, grant.user_group]}, offered=offered, several=several
        )
        refusal = refusal or granting.refuse_return(
            grant.service,
            grant.user_group,
            groups,
            day_of(grant.planned_to - timedelta(seconds=1)) if grant.planned_to else None,
            at,
        )
        if refusal is None:
            returning.append(grant)
        else:
            group = catalogue.group_name(grant.service, grant.user_group)
            left_out.append(f"{group}: {refusal.sentence}")
    return returning, left_out


def _count_at_once(one: Grant, other: Grant) -> bool:
    """Return whether the planned times of two grants overlap."""
    return not has_ended(one.planned_to, other.valid_from) and not has_ended(
        other.planned_to, one.valid_from
    )


def parts_left_out(membership: Membership, account: Account) -> list[str]:
    """Return descriptions of what does not return beside the user groups."""
    parts = [AS_APPROVER] if ended_as_approver(membership) and account.suspended else []
    return [*parts, AS_STAND_IN] if stand_ins.ended_with(membership) else parts


def ended_as_approver(membership: Membership) -> bool:
    """Return whether an appointment ended with the membership."""
    return any(each.valid_to == membership.valid_to for each in membership.appointments)


def _open(
    session: Session,
    former: Membership,
    account: Account,
    returning: Sequence[Grant],
    at: datetime,
    actor: Actor,
    *,
    approver: bool,
) -> Membership:
    again = Membership(
        organisation_id=former.organisation_id,
        account_id=account.id,
        email=account.email,
        email_key=account.email_key,
        given_name=account.given_name,
        family_name=account.family_name,
        valid_from=at,
        joined_at=at,
    )
    again.grants = []
    gives = [
        GivenGroup(
            grant.service,
            grant.user_group,
            grant.valid_from if grant.valid_from > at else None,
            grant.planned_to,
        )
        for grant in returning
    ]
    granting.open_grants(again, gives, actor=actor, at=at)
    again.appointments = [Appointment(valid_from=at)] if approver else []
    session.add(again)
    session.flush()
    return again
