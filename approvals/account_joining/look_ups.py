"""Operators' look-ups of requests to join two accounts: each leaves an audit row."""

from __future__ import annotations

from collections.abc import Sequence

from app.audit import record_look_up
from approvals.account_joining import facts
from approvals.account_joining.facts import Joining, WaitingJoining


def list_waiting() -> Sequence[WaitingJoining]:
    """Return the requests that wait for operators, oldest first."""
    found = facts.waiting()
    record_look_up("account.joinings_listed", found=len(found))
    return found


def read(public_id: str) -> Joining | None:
    """Return the request with both accounts, or None where it does not wait any more."""
    found = facts.find(public_id)
    if found is not None:
        record_look_up("account.joining_read", subject=found.kept.account.subject)
    return found
