"""Facts about the operator of this service that its pages need, from the settings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from identity.sessions import remembered_devices
from identity.sessions.cookies import DEVICE_LIFETIME
from identity.sessions.levels import longest_session
from identity.settings import settings

SECURITY_TXT_PATH = "/.well-known/security.txt"
_VALID_FOR = timedelta(days=90)


@dataclass(frozen=True)
class RetentionPeriod:
    """One row of the table of retention periods."""

    data: str
    length: str


def privacy_contact() -> str | None:
    """Return the address for questions about personal data."""
    return settings().privacy_email or settings().support_email


def retention() -> list[RetentionPeriod]:
    """Return how long each kind of personal data is kept."""
    chosen, session_hours = settings(), longest_session() // timedelta(hours=1)
    answerable = "As long as your organisation has to answer for who could see what"
    unnamed = "Your name and email address are erased from it with your account"
    closing, erasure = chosen.account_closing_days, chosen.account_erasure_days
    return [
        RetentionPeriod(
            "Your account",
            f"Closed after {_count(closing, 'day')} without an organisation, and erased "
            f"{_count(erasure, 'day')} later",
        ),
        RetentionPeriod(
            "Your organisations and what you could see",
            f"{chosen.account_retention or answerable}. {unnamed}",
        ),
        RetentionPeriod("The record of sign-ins and changes", chosen.audit_retention or answerable),
        RetentionPeriod(
            "An invitation",
            f"Its link works for {_count(chosen.invitation_days, 'day')}. If you do not join, it "
            f"ends {_count(chosen.unanswered_invitation_days, 'day')} later, and your name and "
            f"email address are erased {_count(erasure, 'day')} after that",
        ),
        RetentionPeriod(
            "A password reset", f"Its link works for {_count(chosen.reset_minutes, 'minute')}"
        ),
        RetentionPeriod(
            "Where you are signed in",
            f"{_count(session_hours, 'hour')}, then deleted within 2 days",
        ),
        RetentionPeriod(
            "That you chose not to be asked for a code on a device",
            f"{remembered_devices.LIFETIME.days} days",
        ),
        RetentionPeriod(
            "That you signed in on a device", f"{DEVICE_LIFETIME.days} days after the last use"
        ),
    ]


def security_txt(issuer: str, at: datetime) -> str | None:
    """Return the text of `security.txt` (RFC 9116) at a moment, or None if no contact is set."""
    chosen = settings()
    contact = chosen.security_contact or (
        f"mailto:{chosen.support_email}" if chosen.support_email else None
    )
    if contact is None:
        return None
    midnight = datetime.combine(at.astimezone(UTC).date(), time(), UTC)
    lines = [
        f"Contact: {contact}",
        f"Expires: {(midnight + _VALID_FOR).isoformat().replace('+00:00', 'Z')}",
        "Preferred-Languages: en",
        f"Canonical: {issuer}{SECURITY_TXT_PATH}",
    ]
    if chosen.security_policy_url:
        lines.append(f"Policy: {chosen.security_policy_url}")
    return "".join(f"{line}\n" for line in lines)


def check_facts() -> str:
    """Name the missing facts, as a step of `secure-access setup`."""
    missing = settings().missing_facts()
    if not missing:
        return "complete"
    return f"incomplete, set {', '.join(missing)}"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}{'' if number == 1 else 's'}"
