"""Audit rows, each committed with the change that it is about."""

from collections.abc import Mapping

from sqlalchemy import insert

from app.actors import Actor, current_actor
from app.audit.events import EVENTS
from app.audit.models import AuditEvent
from app.clock import now
from app.context import request_values
from app.database import Change, CompiledStatement
from app.identifiers import new_id

_LONGEST_NAME = 250
_INSERT = CompiledStatement(insert(AuditEvent))


class UndeclaredEvent(LookupError):
    """No room lists an event of this name."""


class IncompleteEvent(ValueError):
    """A column that the event must fill is missing."""


def record(
    name: str,
    *,
    actor: Actor | None = None,
    organisation: str | None = None,
    subject: str | None = None,
    service: str | None = None,
    client: str | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    **detail: object,
) -> None:
    """Add one audit row (`audit_row`) to the open transaction.

    Raises UndeclaredEvent, IncompleteEvent, and NotWriting outside `writing()`.
    """
    audit_row(
        name,
        actor=actor,
        organisation=organisation,
        subject=subject,
        service=service,
        client=client,
        before=before,
        after=after,
        **detail,
    ).run()


def audit_row(
    name: str,
    *,
    actor: Actor | None = None,
    organisation: str | None = None,
    subject: str | None = None,
    service: str | None = None,
    client: str | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
    **detail: object,
) -> Change:
    """Return one audit row, to commit with the change that it is about.

    `organisation` is a public id, `subject` a person's subject; never a secret.

    Raises UndeclaredEvent and IncompleteEvent.
    """
    event = EVENTS.by_name().get(name)
    if event is None:
        raise UndeclaredEvent(f"declare the event {name} in its room")
    actor = actor or current_actor()
    columns = {
        "organisation": organisation,
        "subject": subject,
        "service": service,
        "client": client,
        "before": dict(before) if before is not None else None,
        "after": dict(after) if after is not None else None,
    }
    missing = [field for field in event.required if columns.get(field, detail.get(field)) is None]
    if missing:
        raise IncompleteEvent(f"the event {name} needs {', '.join(sorted(missing))}")
    return _INSERT.with_values(
        at=now(),
        event=name,
        actor_kind=actor.kind,
        actor=actor.identifier,
        actor_name=actor.name[:_LONGEST_NAME],
        detail=detail,
        request_id=request_id(),
        **columns,
    )


def request_id() -> str:
    """Return the request's id; outside requests, a new one for each command or piece of work."""
    noted = request_values()
    if "request_id" not in noted:
        noted.request_id = new_id()
    return str(noted.request_id)
