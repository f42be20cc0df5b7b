"""Checks of changes to passwords and authenticator apps, parts of I1 and I3."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from tests.faults.evidence import CredentialRow, Evidence
from tests.faults.journal import UNKNOWN
from tests.faults.verdict import Verdict


@dataclass(frozen=True)
class _Change:
    """A kind of change: its operation, audit event, mail, and the sessions that it leaves open."""

    operation: str
    event: str
    template: str
    sessions_left: int

    def is_stored(self, row: CredentialRow, sent: Mapping[str, str]) -> bool:
        """Return whether the row holds the credential that a request has set."""
        if self.operation == "reset":
            return _verifies(row.password_hash, sent["password"])
        return row.app_secret == sent["secret"]


_CHANGES = (
    _Change("reset", "password.reset", "credentials/password_changed", sessions_left=0),
    _Change("change app", "totp.changed", "credentials/second_step_changed", sessions_left=1),
)


def expect_last_credentials(evidence: Evidence, verdict: Verdict) -> None:
    """Expect the credential of the last acknowledged change, or one whose answer was lost since."""
    rows = {row.subject: row for row in evidence.credentials}
    for change in _CHANGES:
        possible: dict[str, list[Mapping[str, str]]] = {}
        acknowledged = set()
        for call in evidence.of(change.operation):
            if call.acknowledged:
                possible[call.key] = [call.data]
                acknowledged.add(call.key)
            elif call.outcome == UNKNOWN:
                possible.setdefault(call.key, []).append(call.data)
        for subject in acknowledged:
            stored = any(change.is_stored(rows[subject], sent) for sent in possible[subject])
            verdict.expect(stored, f"the credential of a {change.operation} is not stored")


def count_credential_changes(evidence: Evidence, verdict: Verdict) -> None:
    """Expect an audit row and a mail for each change, and the end of the other sessions with it."""
    opened = Counter(session.subject for session in evidence.sessions if not session.ended)
    for change in _CHANGES:
        rows = Counter(row.detail["subject"] for row in evidence.events(change.event))
        mails = Counter(row.recipient for row in evidence.mails if row.template == change.template)
        calls = evidence.of(change.operation)
        acknowledged = Counter(call.key for call in calls if call.acknowledged)
        unknown = Counter(call.key for call in calls if call.outcome == UNKNOWN)
        for person in evidence.credentials:
            count, least = rows[person.subject], acknowledged[person.subject]
            verdict.expect(
                least <= count <= least + unknown[person.subject],
                f"{count} audit rows for {least} changes ({change.operation})",
            )
            verdict.expect(mails[person.email] == count, f"a {change.operation} has not one mail")
            verdict.expect(
                not count or opened[person.subject] <= change.sessions_left,
                f"a session is open after a {change.operation}",
            )


def _verifies(password_hash: str, password: str) -> bool:
    try:
        return PasswordHasher().verify(password_hash, password)
    except VerificationError:
        return False
