"""Adding a person to an organisation."""

from datetime import date, datetime

from app.actors import Actor
from app.audit import record
from app.clock import day_of, end_of_day, now, start_of_day
from app.database import writing
from app.refusal import Refusal, RefusalError
from approvals.memberships import facts, granting, mails, rules, wording
from approvals.memberships.access_changes import GivenGroup
from approvals.memberships.models import Appointment, Membership
from approvals.memberships.waiting_access import file_access
from approvals.organisations.models import Organisation
from approvals.organisations.queries import is_open
from identity.accounts.invitations import invite
from identity.accounts.names import clean_names
from identity.accounts.person import full_name
from identity.accounts.shared_addresses import is_shared
from identity.email_address import EmailAddress


def add_member(
    organisation: Organisation,
    *,
    email: EmailAddress,
    given_name: str,
    family_name: str,
    access: rules.Access | None = None,
    approver: bool = False,
    first_day: date | None = None,
    last_day: date | None = None,
    actor: Actor,
    second_decider: str | None = None,
) -> Membership:
    """Write membership, grants, appointment, invitation, audit and mail.

    `access` names user groups by service, `first_day` and `last_day` the days on which they count
    UTC, as the reports count). The owner of an existing account gets the same invitation as anybody
    else, so that it reveals no account. second_decider: the operator or command that decides with
    an operator about an approver. Raises RefusalError.
    """
    at = now()
    given_name, family_name = clean_names(given_name, family_name)
    wanted = {service: tuple(groups) for service, groups in (access or {}).items() if groups}
    with writing() as session:
        organisation = facts.lock_organisation(session, organisation.id)
        refusal = _may_add(
            organisation,
            email,
            actor,
            at,
            second_decider,
            approver=approver,
            only_approver=approver and not wanted,
        ) or _refusal(organisation, email, wanted, first_day, last_day, at)
        refusal = refusal or granting.refuse_grants(
            organisation,
            full_name(given_name, family_name) or email.text,
            [(service, group) for service, groups in wanted.items() for group in groups],
            wanted,
            last_day,
            actor,
            at,
        )
        if refusal is not None:
            raise RefusalError(refusal)
        invitation = invite(
            email,
            given_name,
            family_name,
            invited_by=actor.persons_name,
            sender=organisation.public_id,
            organisation_name=organisation.name,
        )
        membership = Membership(
            organisation_id=organisation.id,
            invitation_id=invitation.id,
            email=email.text,
            email_key=email.key,
            given_name=given_name,
            family_name=family_name,
            valid_from=at,
        )
        ends_at = end_of_day(last_day) if last_day else None
        starts_at = start_of_day(first_day) if first_day else None
        gives = [
            GivenGroup(service, group, starts_at if starts_at and starts_at > at else None, ends_at)
            for service, groups in wanted.items()
            for group in dict.fromkeys(groups)
        ]
        waiting = granting.waiting_groups(gives, at)
        membership.grants = []
        at_once = [each for each in gives if each not in waiting]
        granting.open_grants(membership, at_once, actor=actor, at=at)
        membership.appointments = [Appointment(valid_from=at)] if approver else []
        session.add(membership)
        session.flush()
        record(
            "membership.added",
            actor=actor,
            organisation=organisation.public_id,
            after={
                "email": email.text,
                "access": wording.access_codes(facts.held_groups(membership, at)),
                "approver": approver,
            },
            membership=membership.public_id,
            person=membership.name,
        )
        for service in dict.fromkeys(each.service for each in waiting):
            days = (first_day, last_day)
            file_access(organisation, membership, service, wanted[service], days, actor)
        if approver:
            record(
                "approver.invited",
                actor=actor,
                organisation=organisation.public_id,
                membership=membership.public_id,
                person=membership.name,
            )
            mails.new_approver(organisation, membership, actor)
    return membership


def _may_add(
    organisation: Organisation,
    email: EmailAddress,
    actor: Actor,
    at: datetime,
    second_decider: str | None,
    *,
    approver: bool,
    only_approver: bool,
) -> Refusal | None:
    account = facts.account_of(actor)
    if not only_approver:
        approvers = facts.active_approvers(organisation.id)
        return rules.may_act(facts.authority(actor, account, approvers, about_approvers=approver))
    return rules.may_appoint_first(
        facts.appointing_authority(organisation, actor, account, at),
        oneself=account is not None and account.address == email,
        second_decider=second_decider not in (None, actor.identifier),
    )


def _refusal(
    organisation: Organisation,
    email: EmailAddress,
    wanted: rules.Access,
    first_day: date | None,
    last_day: date | None,
    at: datetime,
) -> Refusal | None:
    existing = facts.open_membership(organisation.id, email)
    return (
        rules.may_add(
            organisation_open=is_open(organisation, at),
            member=existing is not None and existing.joined_at is not None,
            invited=existing is not None and existing.joined_at is None,
            shared=is_shared(email),
        )
        or rules.may_give(
            wanted,
            offered=facts.offered_groups(organisation, at),
            several=facts.services_with_several_groups(organisation, at),
        )
        or rules.may_start_on(first_day, day_of(at), last_day=last_day)
        or rules.may_end_on(last_day, day_of(at))
    )
