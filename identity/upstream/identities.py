"""Identities that are linked to an account: read for pages, used, and unlinked by their person."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from app.audit import record
from app.clock import now
from app.database import db, writing
from app.database.single_use import insert_unless_present, rows_changed
from app.refusal import Refusal, RefusalError
from identity.accounts.models import Account
from identity.accounts.person import Person
from identity.credentials import registry, reset
from identity.credentials.other_providers import provider_of_address
from identity.credentials.take_back import Change, Details, TakeBack
from identity.sessions.active_session import ActiveSession
from identity.sessions.current_session import lock_session
from identity.upstream import connections
from identity.upstream.models import Connection, Identity
from identity.upstream.unlinking import RECENT

LAST = Refusal(
    "last",
    "This is the only way you can sign in. Add a passkey, or set up a password and an "
    "authenticator app, before you unlink it.",
)
REQUIRED = Refusal(
    "required",
    "People with an email address like yours sign in with this account only. Ask an approver of "
    "your organisation.",
)
UNLINKED = "unlinked identity"
_link = insert_unless_present(Identity)


@dataclass(frozen=True)
class LinkedProvider:
    """A provider at which a person signs in, linked since, and used last."""

    public_id: str
    name: str
    in_use: bool
    organisations: Sequence[str]
    linked_at: datetime
    last_used_at: datetime | None


def linked_providers(account_id: int) -> list[LinkedProvider]:
    """Return the providers of the identities that are linked to the account, by name."""
    rows = db.session.execute(
        select(
            Connection,
            func.min(Identity.linked_at).label("linked_at"),
            func.max(Identity.last_used_at).label("last_used_at"),
        )
        .join(Identity, Identity.connection_id == Connection.id)
        .where(Identity.account_id == account_id)
        .group_by(Connection.id)
        .order_by(Connection.name, Connection.id)
    )
    return [
        LinkedProvider(
            row.Connection.public_id,
            row.Connection.name,
            row.Connection.in_use,
            row.Connection.organisations,
            row.linked_at,
            row.last_used_at,
        )
        for row in rows
    ]


def linked_provider(account_id: int, public_id: str) -> LinkedProvider | None:
    """Return one of them by the public id of its connection, or None."""
    return next(
        (each for each in linked_providers(account_id) if each.public_id == public_id), None
    )


def note_use(connection: Connection, issuer: str, subject: str) -> None:
    """Note a sign-in with the identity. Must run inside `writing()`."""
    rows_changed(
        update(Identity)
        .where(
            Identity.connection_id == connection.id,
            Identity.issuer == issuer,
            Identity.subject == subject,
        )
        .values(last_used_at=now())
    )


def why_not_unlinked(account: Person, public_id: str) -> Refusal | None:
    """Return why the person cannot unlink the provider, or None where they can.

    That is where they could not sign in without it. Another linked provider counts only where
    people with their address have to use it: otherwise its organisation may end it at any time.
    """
    provider = provider_of_address(account.email)
    if provider is not None and provider.only:
        if provider.connection == public_id:
            return REQUIRED
        linked = linked_provider(account.id, provider.connection)
        return LAST if linked is None else None
    return None if registry.has_lasting_way_in(account.id) else LAST


def unlink(public_id: str, session: ActiveSession) -> bool:
    """Unlink the identities of the provider from the account; False where none is linked.

    Sessions that began there end, and the person is mailed. Raises RefusalError where it is their
    last way in, and SessionOver.
    """
    with writing():
        account = lock_session(session)
        connection = db.session.scalar(select(Connection).where(Connection.public_id == public_id))
        if connection is None:
            return False
        refusal = why_not_unlinked(account, public_id)
        if refusal is not None:
            raise RefusalError(refusal)
        unlinked = db.session.execute(
            delete(Identity)
            .where(Identity.account_id == account.id, Identity.connection_id == connection.id)
            .returning(Identity.issuer, Identity.subject, Identity.linked_at),
            execution_options={"synchronize_session": False},
        ).all()
        if not unlinked:
            return False
        connections.end_sessions_of(connection, cause="identity unlinked", account=account.id)
        record(
            "upstream.identity_unlinked",
            subject=account.subject,
            connection=connection.public_id,
            connection_name=connection.name,
        )
        reset.send_disavowable(
            account,
            "upstream/unlinked",
            change=_change(
                connection, [(row.issuer, row.subject, row.linked_at) for row in unlinked]
            ),
            at=now(),
            provider=connection.name,
        )
    return True


def _change(connection: Connection, identities: Sequence[tuple[str, str, datetime]]) -> Change:
    stored = [(issuer, subject, at.isoformat()) for issuer, subject, at in identities]
    return Change(UNLINKED, {"connection": connection.public_id, "identities": json.dumps(stored)})


def _link_again(account: Account, details: Details) -> None:
    """Link what was unlinked, where the connection is in use and the identity is still nobody's.

    An identity of the last days stays unlinked: "this was not me" takes such links back as well.
    """
    connection = db.session.scalar(
        select(Connection).where(Connection.public_id == details["connection"])
    )
    if connection is None or not connections.lock_in_use(connection):
        return
    for issuer, subject, text in json.loads(details["identities"]):
        linked_at = datetime.fromisoformat(text)
        if linked_at <= now() - RECENT:
            _link(
                connection_id=connection.id,
                account_id=account.id,
                issuer=issuer,
                subject=subject,
                linked_at=linked_at,
            )


TAKE_BACK = TakeBack(
    UNLINKED, "the account of your organisation that was unlinked is linked again", _link_again
)
