"""Changes of connections by operators. Each is one transaction with its audit row."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.single_use import claim
from app.http_client import Unreachable, why_address_refused
from app.refusal import Refusal, RefusalError
from app.settings import settings
from app.vault import decrypt, encrypt
from identity.access_termination import end_access, lock_access
from identity.ports import approvals
from identity.sessions.models import Session
from identity.upstream import domains, provider, queries, rules
from identity.upstream.domains import Finding
from identity.upstream.models import Connection
from identity.upstream.provider import UnusableProvider

_PURPOSE = "upstream client secret"
SWITCHED_OFF = "connection switched off"
NOT_REACHED = Refusal(
    "provider_unreachable", "The provider was not reached. Check the issuer, or try again later."
)
NO_ORGANISATION = Refusal("no_organisation", "Name at least one organisation.")


@dataclass(frozen=True)
class ConnectionFacts:
    """A connection as an operator enters it. client_secret: empty to keep the present one."""

    name: str
    issuer: str
    client_id: str
    client_secret: str
    organisations: Sequence[str]
    amr_trusted: bool
    own_factors_forbidden: bool


def connect(facts: ConnectionFacts) -> Connection:
    """Add a connection to a provider that answers. Raises RefusalError.

    Must not run inside `writing()`: the provider is asked.
    """
    _check(facts)
    if not facts.client_secret:
        raise RefusalError(Refusal("secret_missing", "Enter the client secret."))
    with writing() as session:
        connection = Connection(
            name=facts.name,
            issuer=facts.issuer,
            client_id=facts.client_id,
            sealed_secret=encrypt(facts.client_secret, purpose=_PURPOSE),
            organisations=list(facts.organisations),
            amr_trusted=facts.amr_trusted,
            own_factors_forbidden=facts.own_factors_forbidden,
        )
        session.add(connection)
        session.flush()
        _record("upstream.connected", connection, after=_audited(connection))
    return connection


def change(connection: Connection, facts: ConnectionFacts) -> None:
    """Change a connection, and end its sessions: they were begun on other terms.

    The issuer stays: identities are those of one issuer. Raises RefusalError.
    """
    if facts.issuer != connection.issuer:
        raise RefusalError(
            Refusal("issuer_fixed", "The issuer cannot be changed. Make another connection.")
        )
    _check(facts)
    with writing():
        db.session.refresh(connection, with_for_update=True)
        _lock_people(connection)
        before = _audited(connection)
        connection.name = facts.name
        connection.client_id = facts.client_id
        if facts.client_secret:
            connection.sealed_secret = encrypt(facts.client_secret, purpose=_PURPOSE)
        connection.organisations = list(facts.organisations)
        connection.amr_trusted = facts.amr_trusted
        connection.own_factors_forbidden = facts.own_factors_forbidden
        _record("upstream.changed", connection, before=before, after=_audited(connection))
        end_sessions_of(connection, cause="connection changed")


def check(connection: Connection) -> list[Finding]:
    """Ask the provider and the name servers, and return what each step found."""
    findings = [_check_provider(connection)]
    findings += [domains.check(each) for each in connection.domains]
    if not connection.domains:
        findings.append(Finding("Domains", False, "No domain was added."))
    with writing():
        _record("upstream.checked", connection, reached=findings[0].good)
    return findings


def switch_off(connection: Connection, *, accepted: Collection[str] = ()) -> int:
    """Switch the connection off, and return how many people were linked by it.

    Its sessions end, and the access of its people in its organisations waits for an approver. A
    connection that is off stays as it is. accepted: public ids of the organisations that may be
    left without an approver. Raises LeavesWithoutApprover where others are left so.
    """
    with writing():
        if not claim(
            update(Connection)
            .where(Connection.id == connection.id, Connection.switched_off_at.is_(None))
            .values(switched_off_at=now())
        ):
            return 0
        db.session.refresh(connection)
        bodies = list(connection.organisations)
        # Linking locks the connection, so no account is added. Organisations are locked before
        # accounts, as by every change of a membership.
        linked = queries.linked_accounts(connection)
        approvals().switching_off(connection.name, bodies, linked, accepted, now())
        people = _lock_people(connection)
        end_sessions_of(connection, cause=SWITCHED_OFF)
        approvals().connection_switched_off(connection.name, bodies, people, now())
        _record("upstream.switched_off", connection, people=len(people))
    return len(people)


def lock_in_use(connection: Connection) -> bool:
    """Return whether the connection is in use, and goes on being so until the transaction ends.

    To be called before an identity is linked, so that switching off sees the identity. Must run
    inside `writing()`.
    """
    statement = select(Connection.id).where(
        Connection.id == connection.id, Connection.switched_off_at.is_(None)
    )
    return db.session.scalar(statement.with_for_update(read=True)) is not None


def switch_on(connection: Connection) -> None:
    """Switch the connection on again. Access that waits for an approver goes on waiting."""
    with writing():
        if claim(
            update(Connection)
            .where(Connection.id == connection.id, Connection.switched_off_at.is_not(None))
            .values(switched_off_at=None)
        ):
            db.session.refresh(connection)
            _record("upstream.switched_on", connection)


def secret_of(connection: Connection) -> str:
    """Return the client secret."""
    return decrypt(connection.sealed_secret, purpose=_PURPOSE)


def end_sessions_of(
    connection: Connection, *, cause: str, account: int | None = None, sid: str | None = None
) -> list[int]:
    """End sessions that began at the connection; return the accounts. Inside `writing()`.

    account, sid: only those of that person, or of that session of the provider.
    """
    statement = select(Session.id, Session.account_id).where(
        Session.connection == connection.public_id, Session.ended_at.is_(None)
    )
    if account is not None:
        statement = statement.where(Session.account_id == account)
    if sid is not None:
        statement = statement.where(Session.connection_sid == sid)
    # Accounts are locked in one order, so that two endings of many people never deadlock.
    found = db.session.execute(statement.order_by(Session.account_id, Session.id)).all()
    for row in found:
        end_access(row.account_id, cause=cause, session=row.id)
    return sorted({row.account_id for row in found})


def _lock_people(connection: Connection) -> list[int]:
    """Lock the accounts linked by the connection, in one order, and return them.

    A sign-in that locked its account before has begun its session; a later one sees the change.
    """
    people = queries.linked_accounts(connection)
    for account_id in people:
        lock_access(account_id)
    return people


def _check(facts: ConnectionFacts) -> None:
    rules.check_issuer(facts.issuer, own=settings().issuer)
    refused = why_address_refused(facts.issuer)
    if refused is not None:
        raise RefusalError(Refusal("issuer_format", f"The issuer cannot be used: {refused}."))
    if not facts.organisations:
        raise RefusalError(NO_ORGANISATION)
    missing = approvals().unknown_organisations(facts.organisations)
    if missing:
        raise RefusalError(
            Refusal("unknown_organisation", f"There is no organisation {missing[0]}.")
        )
    try:
        provider.fetch_keys(provider.discover_anew(facts.issuer))
    except Unreachable:
        raise RefusalError(NOT_REACHED) from None
    except UnusableProvider as error:
        raise RefusalError(Refusal("provider_unusable", str(error))) from None


def _check_provider(connection: Connection) -> Finding:
    try:
        found = provider.discover_anew(connection.issuer)
        keys = provider.fetch_keys(found)
    except Unreachable:
        return Finding("Provider", False, NOT_REACHED.sentence)
    except UnusableProvider as error:
        return Finding("Provider", False, str(error))
    return Finding(
        "Provider", True, f"It answers, and publishes {len(keys)} keys for {', '.join(found.algs)}."
    )


def _audited(connection: Connection) -> Mapping[str, object]:
    return {
        "issuer": connection.issuer,
        "client_id": connection.client_id,
        "organisations": list(connection.organisations),
        "amr_trusted": connection.amr_trusted,
        "own_factors_forbidden": connection.own_factors_forbidden,
    }


def _record(
    event: str,
    connection: Connection,
    *,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    people: int | None = None,
    reached: bool | None = None,
) -> None:
    record(
        event,
        before=before,
        after=after,
        connection=connection.public_id,
        connection_name=connection.name,
        issuer=connection.issuer,
        people=people,
        reached=reached,
    )
