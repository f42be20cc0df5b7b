"""Fills a new demo: register, bodies that no register holds, people, the example's client.

Everything goes through the actions that pages and commands use; only the invitations are accepted
here instead of in a browser, with passwords and authenticator secrets that are then written down.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyotp
from rich.progress import track
from sqlalchemy import select

from app.actors import Actor, current_actor, set_current_actor
from app.audit import record
from app.clock import now, today
from app.database import db, writing
from approvals.memberships.actions import add_member, agree_to_access
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.sensitive_rules import a_year_after
from approvals.memberships.waiting_access import waiting_access
from approvals.operators.actions import add_operator
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from examples.demo.cast import CAST, OPERATOR, SERVICE, CastMember
from identity.accounts import invitations
from identity.accounts.models import Account, Invitation, InvitationState
from identity.accounts.person import actor_of
from identity.accounts.sent_invitation import sent_invitation
from identity.credentials import hashing, password, recovery_codes, totp
from identity.email_address import EmailAddress
from identity.ports import approvals

ACTOR = Actor.command("make demo")
SESSION = "demo"
WORDS = (Path(__file__).parent / "words.txt").read_text().split()


@dataclass(frozen=True)
class Person:
    """One entry of `people` in instance/demo.json."""

    name: str
    email: str
    password: str
    totp_secret: str
    organisation: str | None
    user_group: str | None
    approver: bool
    operator: bool
    terms_accepted: bool


def seed_people(organisations: Mapping[tuple[Kind, int], Organisation]) -> list[Person]:
    """Add the cast, each through an invitation that is accepted at once.

    As in a real service, operators appoint the approvers and approvers add everybody else.
    """
    keys: dict[str, tuple[str, str]] = {}
    operator = _operator()
    approvers: dict[tuple[Kind, int], Actor] = {}
    people: dict[CastMember, Person] = {}
    for part in track(sorted(CAST, key=lambda part: not part.approver), "Adding demo people"):
        place = (part.kind, part.place)
        set_current_actor(_acting(operator) if part.approver else approvers[place])
        people[part] = _play(part, organisations[place], keys, _account_of(operator))
        if part.approver:
            approvers[place] = _acting(people[part])
    return [*(people[part] for part in CAST), operator]


def _account_of(person: Person) -> Account:
    return db.session.scalars(select(Account).where(Account.email_key == person.email)).one()


def _acting(person: Person) -> Actor:
    return actor_of(_account_of(person))


def _play(
    part: CastMember,
    organisation: Organisation,
    keys: dict[str, tuple[str, str]],
    second_approver: Account,
) -> Person:
    membership = add_member(
        organisation,
        email=EmailAddress.parse(part.email),
        given_name=part.given_name,
        family_name=part.family_name,
        access={SERVICE: (part.user_group,)} if part.user_group else None,
        approver=part.approver,
        actor=current_actor(),
        second_decider=ACTOR.identifier if part.approver else None,
        last_day=a_year_after(today()) if _names_everywhere(part) else None,
    )
    for waiting in waiting_access(organisation, membership):
        agree_to_access(waiting.decision.public_id, second_approver)
    secret, totp_secret = keys.setdefault(part.email, _new_keys())
    account = _accept(
        membership.invitation_id, part.given_name, part.family_name, secret, totp_secret
    )
    if part.terms_accepted:
        _accept_terms(account)
    return Person(
        name=account.name,
        email=account.email,
        password=secret,
        totp_secret=totp_secret,
        organisation=organisation.name,
        user_group=part.user_group_name,
        approver=part.approver,
        operator=False,
        terms_accepted=part.terms_accepted,
    )


def _names_everywhere(part: CastMember) -> bool:
    group = Catalogue(now()).group(SERVICE, part.user_group or "")
    return group is not None and group.names_everywhere


def _operator() -> Person:
    given_name, family_name = OPERATOR
    address = f"{given_name}.{family_name}@demo.example".lower()
    operator = add_operator(
        EmailAddress.parse(address), given_name=given_name, family_name=family_name, actor=ACTOR
    )
    secret, totp_secret = _new_keys()
    account = _accept(operator.invitation_id, given_name, family_name, secret, totp_secret)
    _accept_terms(account)
    return Person(
        name=account.name,
        email=account.email,
        password=secret,
        totp_secret=totp_secret,
        organisation=None,
        user_group=None,
        approver=False,
        operator=True,
        terms_accepted=True,
    )


def _new_keys() -> tuple[str, str]:
    return "-".join(secrets.choice(WORDS) for _ in range(4)), pyotp.random_base32()


def _accept(
    invitation_id: int | None, given_name: str, family_name: str, secret: str, totp_secret: str
) -> Account:
    """Do what the person's browser would do: join, or accept a second invitation."""
    with writing() as session:
        invitation = session.get_one(Invitation, invitation_id)
        account = session.scalar(select(Account).where(Account.email_key == invitation.email_key))
        if account is None:
            account = Account(
                email=invitation.email,
                email_key=invitation.email_key,
                given_name=given_name,
                family_name=family_name,
                joined_at=now(),
            )
            session.add(account)
            session.flush()
            password.store(account.id, hashing.hash_password(secret))
            totp.store(account.id, totp.seal(totp_secret), step=0)
            recovery_codes.replace(account.id)
            record("account.joined", actor=actor_of(account), subject=account.subject)
        set_current_actor(actor_of(account))
        if not invitations.claim_answer(
            invitation, invitation.token_hash or "", InvitationState.ACCEPTED
        ):
            raise RuntimeError(f"the invitation of {invitation.email} cannot be accepted")
        invitations.accepted_by(invitation, account)
        approvals().invitation_accepted(sent_invitation(invitation), account)
    return account


def _accept_terms(account: Account) -> None:
    due = [
        terms.id
        for service in (None, SERVICE)
        for terms in approvals().terms_due(account, service, now(), newly=True)
    ]
    with writing():
        approvals().accept_terms(account, list(dict.fromkeys(due)), SESSION, now())
