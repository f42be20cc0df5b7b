"""Domains of email addresses: a connection claims one, and its owner proves it by a TXT record.

Each change is one transaction with its audit row.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import aliased

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim, insert_unless_present
from app.identifiers import new_secret
from app.refusal import Refusal, RefusalError
from identity.upstream import dns_proof, rules
from identity.upstream.models import Connection, Domain

DOMAIN_TAKEN = Refusal("domain_taken", "Another connection has proven this domain.")
RECORD_MISSING = Refusal(
    "record_missing", "The TXT record is not published yet. It can take some hours."
)
NO_NAME_SERVER = Refusal("no_name_server", "No name server answered. Try again later.")
_add = insert_unless_present(Domain)


@dataclass(frozen=True)
class Finding:
    """A step of a check. good: whether it passed."""

    name: str
    good: bool
    sentence: str


def add(connection: Connection, text: str) -> Domain:
    """Add a domain to the connection, which its owner has to prove. Raises RefusalError.

    A domain that the connection has already stays as it is.
    """
    name = rules.parse_domain(text)
    _check_free(name, connection)
    with writing() as session:
        if _add(connection_id=connection.id, domain=name, challenge=new_secret(), proven_at=None):
            _record("upstream.domain_claimed", connection, name)
        domain: Domain = session.scalars(
            select(Domain).where(Domain.connection_id == connection.id, Domain.domain == name)
        ).one()
    db.session.refresh(connection)
    return domain


def prove(domain: Domain) -> None:
    """Prove the domain by its TXT record; a proven one stays so. Raises RefusalError.

    Must not run inside `writing()`: name servers are asked.
    """
    if domain.proven_at is not None:
        return
    connection, name = domain.connection, domain.domain
    try:
        if not dns_proof.is_published(name, domain.challenge):
            raise RefusalError(RECORD_MISSING)
    except dns_proof.NameServersFailed:
        raise RefusalError(NO_NAME_SERVER) from None
    other = aliased(Domain)
    with writing() as session:
        # Claims of one name are locked in one order, so that the second one sees the first proof.
        session.execute(
            select(Domain.id).where(Domain.domain == name).order_by(Domain.id).with_for_update()
        )
        if claim(
            update(Domain)
            .where(
                Domain.id == domain.id,
                Domain.proven_at.is_(None),
                ~exists().where(other.domain == name, other.proven_at.is_not(None)),
            )
            .values(proven_at=now(), next_check_at=None, missing_since=None)
        ):
            _record("upstream.domain_proven", connection, name)
        elif not session.scalar(select(Domain.proven_at).where(Domain.id == domain.id)):
            raise RefusalError(DOMAIN_TAKEN)
    db.session.refresh(domain)


def remove(domain: Domain) -> None:
    """Remove the domain from its connection: its addresses lead nowhere else any more."""
    connection, key, name = domain.connection, domain.id, domain.domain
    with writing():
        if claim(delete(Domain).where(Domain.id == key)):
            _record("upstream.domain_removed", connection, name)
    db.session.refresh(connection)


def check(domain: Domain) -> Finding:
    """Ask the name servers for the record of the domain, and return the result."""
    try:
        published = dns_proof.is_published(domain.domain, domain.challenge)
    except dns_proof.NameServersFailed:
        return Finding(domain.domain, False, NO_NAME_SERVER.sentence)
    if domain.proven_at is None:
        sentence = (
            "The TXT record is published; prove the domain."
            if published
            else RECORD_MISSING.sentence
        )
        return Finding(domain.domain, False, sentence)
    sentence = "Proven." if published else "It was proven, and its TXT record is gone."
    return Finding(domain.domain, published, sentence)


def _check_free(name: str, connection: Connection) -> None:
    taken = db.session.scalar(
        select(Domain.id).where(
            Domain.domain == name,
            Domain.proven_at.is_not(None),
            Domain.connection_id != connection.id,
        )
    )
    if taken is not None:
        raise RefusalError(DOMAIN_TAKEN)


def _record(event: str, connection: Connection, domain: str) -> None:
    record(
        event,
        connection=connection.public_id,
        connection_name=connection.name,
        issuer=connection.issuer,
        domain=domain,
    )
