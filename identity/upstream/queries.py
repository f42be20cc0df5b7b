"""Reads of connections, domains and identities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from flask import url_for
from sqlalchemy import bindparam, exists, func, select

from app.clock import now
from app.database import CompiledQuery, db
from identity.accounts.models import Account
from identity.accounts.person import Person
from identity.credentials.other_providers import LinkState, OtherProvider
from identity.ports import approvals
from identity.sessions.origin import Origin
from identity.upstream.models import Connection, Domain, Identity


class _ProviderRow(Protocol):
    public_id: str
    name: str
    own_factors_forbidden: bool


_IN_USE = (
    select(Connection.public_id, Connection.name, Connection.own_factors_forbidden)
    .join(Domain, Domain.connection_id == Connection.id)
    .where(Domain.proven_at.is_not(None), Connection.switched_off_at.is_(None))
)
_ANY_IN_USE: CompiledQuery[_ProviderRow] = CompiledQuery(_IN_USE.limit(1))
_PROVIDER_OF_DOMAIN: CompiledQuery[_ProviderRow] = CompiledQuery(
    _IN_USE.where(Domain.domain == bindparam("domain"))
)


@dataclass(frozen=True)
class ConnectionRow:
    """A connection with the number of people who are linked by it."""

    connection: Connection
    people: int


def connections() -> list[ConnectionRow]:
    """Return all connections by name."""
    people = (
        select(func.count(Identity.account_id.distinct()))
        .where(Identity.connection_id == Connection.id)
        .scalar_subquery()
    )
    rows = db.session.execute(select(Connection, people).order_by(Connection.name, Connection.id))
    return [ConnectionRow(connection, count) for connection, count in rows]


def linked_accounts(connection: Connection) -> list[int]:
    """Return the ids of the accounts that are linked by the connection, in order."""
    return list(
        db.session.scalars(
            select(Identity.account_id)
            .where(Identity.connection_id == connection.id)
            .distinct()
            .order_by(Identity.account_id)
        )
    )


def connection(public_id: str) -> Connection | None:
    """Return the connection of that id, in use or not."""
    found: Connection | None = db.session.scalar(
        select(Connection).where(Connection.public_id == public_id)
    )
    return found


def connection_of_domain(domain: str) -> Connection | None:
    """Return the connection in use that has proven the domain."""
    found: Connection | None = db.session.scalar(
        select(Connection)
        .join(Domain, Domain.connection_id == Connection.id)
        .where(
            Domain.domain == domain,
            Domain.proven_at.is_not(None),
            Connection.switched_off_at.is_(None),
        )
    )
    return found


def proven_domains(connection: Connection) -> frozenset[str]:
    """Return the domains that the connection has proven."""
    return frozenset(each.domain for each in connection.domains if each.proven_at is not None)


def account_of(connection: Connection, issuer: str, subject: str) -> Account | None:
    """Return the account to which the identity is linked by this connection."""
    found: Account | None = db.session.scalar(
        select(Account)
        .join(Identity, Identity.account_id == Account.id)
        .where(
            Identity.issuer == issuer,
            Identity.subject == subject,
            Identity.connection_id == connection.id,
        )
    )
    return found


def is_known(issuer: str, subject: str) -> bool:
    """Return whether the identity is linked to some account."""
    return bool(
        db.session.scalar(
            select(exists().where(Identity.issuer == issuer, Identity.subject == subject))
        )
    )


def is_linked(account_id: int, connection: Connection) -> bool:
    """Return whether the person has linked an identity of the connection."""
    return bool(
        db.session.scalar(
            select(
                exists().where(
                    Identity.account_id == account_id, Identity.connection_id == connection.id
                )
            )
        )
    )


def is_accepted(origin: Origin) -> bool:
    """Return whether the connection is in use, on the terms that the sign-in there had."""
    terms = db.session.execute(
        select(Connection.organisations, Connection.amr_trusted).where(
            Connection.public_id == origin.connection, Connection.switched_off_at.is_(None)
        )
    ).first()
    return (
        terms is not None
        and tuple(terms.organisations) == origin.organisations
        and (terms.amr_trusted or not (origin.amr or origin.two_factors))
    )


class ConnectedProviders:
    """The connections in use, as the sign-in pages need them (`OtherProviders`)."""

    def any(self) -> bool:
        return _ANY_IN_USE.one() is not None

    def of_domain(self, domain: str) -> OtherProvider | None:
        found = _PROVIDER_OF_DOMAIN.one(domain=domain)
        if found is None:
            return None
        return OtherProvider(found.public_id, found.name, found.own_factors_forbidden)

    def of_connection(self, public_id: str) -> OtherProvider | None:
        found = connection(public_id)
        return _other_provider(found if found is not None and found.in_use else None)

    def link_state(self, provider: OtherProvider, account: Person) -> LinkState:
        found = connection(provider.connection)
        if found is None:
            return LinkState.NONE
        if is_linked(account.id, found):
            return LinkState.LINKED
        covered = approvals().belongs_within(account, found.organisations, now())
        return LinkState.LINKABLE if covered else LinkState.NONE

    def accepts(self, origin: Origin) -> bool:
        return is_accepted(origin)

    def page(self, journey: str) -> str:
        return url_for("upstream.show", journey=journey)


def _other_provider(found: Connection | None) -> OtherProvider | None:
    if found is None:
        return None
    return OtherProvider(found.public_id, found.name, found.own_factors_forbidden)
