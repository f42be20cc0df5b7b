"""Sets the stage on a filled database: clients, and people who can do what is measured.

In this process and through the rooms' own functions, before anything is measured: what the pages
would have done is already done when the servers are asked.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import pyotp
from flask import Flask
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.clock import now, today
from app.database import db, writing
from approvals.memberships.models import Grant, Membership
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation, OrganisationPeriod
from identity.accounts.models import Account
from identity.credentials import hashing, password, totp
from identity.credentials.password import PASSWORD
from identity.credentials.totp import TOTP
from identity.oidc.client_administration import actions as clients
from identity.oidc.token.endpoint import GRANT_TYPES
from identity.ports import approvals
from identity.sessions import cookies
from identity.sessions.browser import Browser
from identity.sign_in.session_actions import begin_session

SERVICE = "school_performance"
GROUP = "School_Named"
REDIRECT_URI = "https://service.example/callback"
PHRASE = "seven wooden bridges by the harbour"

RIGHTS = "openid profile email organisation access"
IDENTITY = "openid profile email"


@dataclass(frozen=True)
class Variant:
    """A kind of client. `scope` is what its people are asked for, `own` what it has itself."""

    name: str
    service: str | None
    id_token_alg: str
    scope: str
    own: str = ""

    @property
    def issues_only(self) -> bool:
        """Differs from another variant only in the tokens that it is issued."""
        return self.id_token_alg == "RS256"


VARIANTS = (
    Variant("service", SERVICE, "ES256", RIGHTS, own="remits:read"),
    Variant("service, RS256", SERVICE, "RS256", RIGHTS),
    Variant("identity only", None, "ES256", IDENTITY),
)
"""With the rights of a service or without, and with the ID token's default algorithm. Access
tokens are ES256 throughout, as is the default."""


@dataclass(frozen=True)
class ClientKey:
    """Id and secret of a client."""

    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Secret:
    """Credentials that a person types to sign in."""

    email: str
    password: str
    totp_secret: str


@dataclass(frozen=True)
class Stage:
    """`sessions` are cookies of people who are signed in, as many lists as there are variants."""

    clients: dict[str, ClientKey]
    session_cookie: str
    sessions: dict[str, list[str]]
    secrets: list[Secret]
    people: int
    subjects: list[str] = field(default_factory=list)


def set_stage(app: Flask, *, sessions: int, secrets: int) -> Stage:
    """Sign in `sessions` people for each variant, and give `secrets` others their credentials."""
    with app.app_context():
        chosen = _chosen(sessions * len(VARIANTS) + secrets)
        signed_in = [sign_in(app, each.id) for each in chosen[secrets:]]
        stage = Stage(
            clients={variant.name: _register(variant) for variant in VARIANTS},
            session_cookie=_cookie_name(app),
            sessions={
                variant.name: signed_in[place :: len(VARIANTS)]
                for place, variant in enumerate(VARIANTS)
            },
            secrets=_give_credentials(chosen[:secrets]),
            people=db.session.scalar(select(func.count()).select_from(Account)) or 0,
        )
        db.session.remove()
        db.engine.dispose()
    return stage


def enter(
    app: Flask, variants: Sequence[Variant], addresses: Sequence[str], *, people: int
) -> Stage:
    """Sign people in, each of whom enters all clients.

    There is one client for each variant, notified of sign-outs at its address.
    """
    with app.app_context():
        chosen = _chosen(people)
        signed_in = [sign_in(app, each.id) for each in chosen]
        stage = Stage(
            clients={
                variant.name: _register(variant, backchannel_logout_uri=address)
                for variant, address in zip(variants, addresses, strict=True)
            },
            session_cookie=_cookie_name(app),
            sessions={variant.name: signed_in for variant in variants},
            secrets=[],
            people=people,
            subjects=[each.subject for each in chosen],
        )
        db.session.remove()
        db.engine.dispose()
    return stage


def add_people(app: Flask, number: int) -> None:
    """Add a few people in schools, for a trial without the whole population."""
    with app.app_context():
        with writing() as session:
            schools = session.scalars(_open_schools().limit(number)).all()
            for place in range(number):
                _add(session, schools[place % len(schools)], place)
        db.session.remove()
        db.engine.dispose()


def _add(session: Session, school: Organisation, place: int) -> None:
    email, moment = f"person{place}@bench.example", now()
    account = Account(
        email=email,
        email_key=email,
        given_name="Person",
        family_name=f"Number {place}",
        joined_at=moment,
    )
    session.add(account)
    session.flush()
    membership = Membership(
        organisation_id=school.id,
        account_id=account.id,
        email=email,
        email_key=email,
        given_name=account.given_name,
        family_name=account.family_name,
        valid_from=moment,
        joined_at=moment,
    )
    membership.grants = [
        Grant(service=SERVICE, user_group=GROUP, valid_from=moment, given_by="bench")
    ]
    session.add(membership)


def _open_schools() -> Select[*tuple[Organisation]]:
    present = today()
    return (
        select(Organisation)
        .join(OrganisationPeriod, OrganisationPeriod.organisation_id == Organisation.id)
        .where(
            Organisation.kind == Kind.ESTABLISHMENT,
            OrganisationPeriod.open,
            OrganisationPeriod.valid_from <= present,
            OrganisationPeriod.valid_to > present,
        )
        .order_by(Organisation.id)
    )


def _chosen(number: int) -> list[Account]:
    """Return people who may enter the service, from all over the tables, the same each time."""
    holders = list(
        db.session.scalars(
            select(Membership.account_id)
            .join(Grant, Grant.membership_id == Membership.id)
            .where(
                Grant.service == SERVICE, Grant.valid_to.is_(None), Membership.valid_to.is_(None)
            )
            .order_by(Membership.account_id)
        )
    )
    Random(62_195).shuffle(holders)
    found: list[Account] = []
    for holder in holders:
        account = db.session.get_one(Account, holder)
        if [each.allowed for each in approvals().entrances(account, SERVICE, now())] == [True]:
            found.append(account)
        if len(found) == number:
            return found
    raise LookupError(f"only {len(found)} of {number} people who may enter {SERVICE}")


def sign_in(app: Flask, account_id: int) -> str:
    """Return the session's cookie after a sign-in with both factors, every text accepted."""
    browser = Browser("192.0.2.1", "bench", secret_hash=None, device_hash=None, session=None)
    with app.app_context():
        account = db.session.get_one(Account, account_id)
        with writing():
            started = begin_session(account, [PASSWORD.evidence, TOTP.evidence], [], browser)
            due = [
                terms.id
                for service in (None, SERVICE)
                for terms in approvals().terms_due(account, service, now(), newly=True)
            ]
            approvals().accept_terms(account, list(dict.fromkeys(due)), started.session.sid, now())
        return started.token


def _give_credentials(accounts: list[Account]) -> list[Secret]:
    """Give all people one password, hashed once: each check costs the same."""
    hashed = hashing.hash_password(PHRASE)
    secrets = []
    with writing():
        for account in accounts:
            secret = pyotp.random_base32()
            password.store(account.id, hashed)
            totp.store(account.id, totp.seal(secret), step=0)
            secrets.append(Secret(account.email, PHRASE, secret))
    return secrets


def _register(variant: Variant, **more: str) -> ClientKey:
    answer = clients.register(
        {
            "client_name": f"Bench, {variant.name}",
            "redirect_uris": [REDIRECT_URI],
            "grant_types": list(GRANT_TYPES),
            "scope": f"{variant.scope} {variant.own}".strip(),
            "id_token_signed_response_alg": variant.id_token_alg,
            **({"service": variant.service} if variant.service else {}),
            **more,
        },
        grant_types=tuple(GRANT_TYPES),
    )
    return ClientKey(answer["client_id"], answer["client_secret"])


def _cookie_name(app: Flask) -> str:
    with app.test_request_context():
        return cookies.cookie_name(cookies.SESSION)
