"""Stored rows and delivered messages after a fault, as plain values for the checkers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tests.faults.journal import Call
from tests.faults.programs import Usage
from tests.faults.relying_parties import Notice


@dataclass(frozen=True)
class MembershipRow:
    """A membership that did not exist before the fault, or that was staged for it."""

    public_id: str
    email: str
    open: bool
    grants: int
    staged: bool = False


@dataclass(frozen=True)
class MailRow:
    """A mail of the outbox."""

    recipient: str
    state: str
    template: str = ""


@dataclass(frozen=True)
class AuditRow:
    """An audit row written since the fault's stage was set. `detail` holds its columns as well."""

    identifier: int
    event: str
    detail: Mapping[str, str]


@dataclass(frozen=True)
class CodeRow:
    """An authorization code."""

    code_hash: str
    family: str
    used: bool


@dataclass(frozen=True)
class RefreshRow:
    """A refresh token. `retries` counts the times that its successor was returned again."""

    token_hash: str
    family: str
    used: bool
    retries: int = 0


@dataclass(frozen=True)
class SessionRow:
    """A session of a staged person."""

    token_hash: str
    sid: str
    ended: bool
    subject: str = ""


@dataclass(frozen=True)
class CredentialRow:
    """The stored password of a staged person, and the secret of their authenticator app."""

    subject: str
    email: str
    password_hash: str
    app_secret: str = ""


@dataclass(frozen=True)
class NoticeRow:
    """A logout notice of the queue."""

    sid: str
    public_id: str
    state: str


@dataclass(frozen=True)
class Delivery:
    """A message that the mail server accepted."""

    recipient: str
    message_id: str


@dataclass(frozen=True)
class KeySet:
    """The published keys at a moment."""

    at: float
    keys: Mapping[str, Mapping[str, str | list[str]]]


@dataclass(frozen=True)
class Bulk:
    """A bulk job: the keys of its rows, and those that are stored afterwards."""

    expected: Sequence[str]
    stored: Sequence[str]


@dataclass(frozen=True)
class Window:
    """When the fault began and when its cause was gone; the promise is the time to recover."""

    begun_at: float
    healed_at: float
    promise: float
    longest_wait: float = 6.0


@dataclass(frozen=True)
class Evidence:
    """Everything that the checkers compare. The times are seconds since the epoch."""

    window: Window
    calls: Sequence[Call] = ()
    memberships: Sequence[MembershipRow] = ()
    mails: Sequence[MailRow] = ()
    audit: Sequence[AuditRow] = ()
    codes: Sequence[CodeRow] = ()
    refresh_tokens: Sequence[RefreshRow] = ()
    sessions: Sequence[SessionRow] = ()
    credentials: Sequence[CredentialRow] = ()
    notices: Sequence[NoticeRow] = ()
    deliveries: Sequence[Delivery] = ()
    notified: Sequence[Notice] = ()
    key_sets: Sequence[KeySet] = ()
    markers: Mapping[str, set[str]] = field(default_factory=dict)
    """The markers that each user may see."""
    bulk: Bulk | None = None
    request_limit: int = 0
    """Requests a minute from one address that all workers together may accept."""
    usage_before: Mapping[str, Usage] = field(default_factory=dict)
    usage_after: Mapping[str, Usage] = field(default_factory=dict)
    connections: int = 0
    most_connections: int = 0

    def of(self, *operations: str) -> list[Call]:
        """Return the calls of these operations."""
        return [call for call in self.calls if call.operation in operations]

    def events(self, *names: str) -> list[AuditRow]:
        """Return the audit rows of these events."""
        return [row for row in self.audit if row.event in names]
