"""People, schools and clients of one fault, made through the product's own functions.

Each fault has its own, so that its rows are found by their keys.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from flask import Flask
from sqlalchemy import func, select

from app.audit import AuditEvent
from app.clock import now
from app.database import db, writing
from approvals.access_model.loading import load_shipped
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from identity.accounts.models import Account
from identity.credentials import password, totp
from identity.credentials.hashing import hash_password
from identity.oidc.client_administration import actions as clients
from identity.oidc.token.endpoint import GRANT_TYPES
from identity.ports import approvals
from identity.sessions import cookies
from tests.approvals import world
from tests.approvals.world import SERVICE

GROUP = "School_Named"
CALLBACK = "https://service.example/callback"
SCOPE = "openid profile email organisation access"
SESSIONS = 12
GUESSED_PASSWORD = "plum kettle orbit lane"


@dataclass
class StagedPerson:
    """A person with the cookies of browsers that are signed in. The marker is in name and email."""

    marker: str
    email: str
    subject: str
    membership: str
    sessions: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class StagedSchool:
    """A school: its approver, members who use services, and people who are removed in the run.

    `deputies` are further approvers, with passwords, for faults that need them.
    """

    public_id: str
    approver: StagedPerson
    members: list[StagedPerson]
    leavers: list[StagedPerson]
    deputies: list[StagedPerson] = field(default_factory=list)

    @property
    def people(self) -> list[StagedPerson]:
        return [self.approver, *self.members, *self.leavers, *self.deputies]

    @property
    def markers(self) -> set[str]:
        return {each.marker for each in self.people}


@dataclass(frozen=True)
class Stage:
    """`first_audit` is the number of the last audit row before the fault."""

    client_id: str
    client_secret: str
    session_cookie: str
    schools: list[StagedSchool]
    guessed: StagedPerson
    first_audit: int


def register_client(app: Flask, logout_address: str) -> tuple[str, str]:
    """Register the relying party of the load and load the access model. Return id and secret."""
    with app.app_context():
        load_shipped()
        answer = clients.register(
            {
                "client_name": "Faults",
                "redirect_uris": [CALLBACK],
                "grant_types": list(GRANT_TYPES),
                "scope": SCOPE,
                "service": SERVICE,
                "backchannel_logout_uri": logout_address,
                "refresh_token_grace": 10,
            },
            grant_types=tuple(GRANT_TYPES),
        )
        _leave()
    return answer["client_id"], answer["client_secret"]


def register_signing_client(app: Flask, keys_address: str) -> str:
    """Register a client that signs assertions with keys at this address. Return its id."""
    with app.app_context():
        answer = clients.register(
            {
                "client_name": "Signing faults",
                "grant_types": ["client_credentials"],
                "scope": "remits:read",
                "service": SERVICE,
                "token_endpoint_auth_method": "private_key_jwt",
                "jwks_uri": keys_address,
            },
            grant_types=tuple(GRANT_TYPES),
        )
        _leave()
    return str(answer["client_id"])


def set_stage(
    app: Flask, client: tuple[str, str], *, schools: int, members: int, leavers: int, deputies: int
) -> Stage:
    """Add schools with their people, who have accepted all terms and are signed in."""
    with app.app_context(), app.test_request_context():
        made = [_school(members, leavers, deputies) for _ in range(schools)]
        guessed = made[0].members[0]
        for person in (guessed, *(each for school in made for each in school.deputies)):
            _give_password(person)
        stage = Stage(
            client_id=client[0],
            client_secret=client[1],
            session_cookie=cookies.cookie_name(cookies.SESSION),
            schools=made,
            guessed=guessed,
            first_audit=db.session.scalar(select(func.max(AuditEvent.id))) or 0,
        )
        _leave()
    return stage


def _school(members: int, leavers: int, deputies: int) -> StagedSchool:
    urn = str(100_000 + secrets.randbelow(600_000))
    school = world.organisation(f"School {urn} {secrets.token_hex(3)}", urn=urn)
    return StagedSchool(
        public_id=school.public_id,
        approver=_person(school, sessions=1, approver=True),
        members=[_person(school, sessions=SESSIONS) for _ in range(members)],
        leavers=[_person(school, sessions=1) for _ in range(leavers)],
        deputies=[_person(school, sessions=3, approver=True) for _ in range(deputies)],
    )


def _person(school: Organisation, *, sessions: int, approver: bool = False) -> StagedPerson:
    marker = f"mk{secrets.token_hex(5)}"
    email = f"{marker}@faults.example"
    member = world.member(
        school, email, GROUP, given_name="Load", family_name=marker, approver=approver
    )
    account = world.who(member)
    with writing():
        due = [
            terms.id
            for service in (None, SERVICE)
            for terms in approvals().terms_due(account, service, now(), newly=True)
        ]
        approvals().accept_terms(account, list(dict.fromkeys(due)), "stage", now())
    signed_in = [world.session_of(account) for _ in range(sessions)]
    return StagedPerson(marker, email, account.subject, member.public_id, signed_in)


def _give_password(person: StagedPerson) -> None:
    account = db.session.scalars(select(Account).where(Account.email == person.email)).one()
    with writing():
        password.store(account.id, hash_password(GUESSED_PASSWORD))
        totp.store(account.id, totp.seal("JBSWY3DPEHPK3PXP"), step=0)


def memberships_of(public_id: str) -> list[Membership]:
    """Return all memberships of a school, ended or not. Must run inside a context."""
    return list(
        db.session.scalars(
            select(Membership)
            .join(Organisation, Organisation.id == Membership.organisation_id)
            .where(Organisation.public_id == public_id)
        )
    )


def _leave() -> None:
    db.session.remove()
    db.engine.dispose()
