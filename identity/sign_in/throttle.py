"""Throttling of guesses, in the database: it survives restarts, and all workers share it.

An attempt of a password is counted before the hash is checked and refunded when it was correct, so
that parallel guesses cannot pass between a check and a count. A code is checked in one transaction
with its count, which the lock of the account orders. Guesses of others never lock the owner
out: a device of an earlier sign-in, a browser with a reset that was just completed, and the
owner's session have counts of their own (docs/decisions/0007).

A hundred wrong answers in a row close a factor, for unknown browsers or for the one known device
that they came from (NIST SP 800-63B-4, 3.2.2). Time does not open it again: a right answer counts
no more, a reset by link does (`open_after_reset`), and for codes a full sign-in (`open_codes`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, not_

from app.clock import now
from app.database import writing
from app.identifiers import secret_hash
from app.retention import Expired
from identity.accounts.models import Account
from identity.settings import settings
from identity.sign_in import attempt_counts
from identity.sign_in.backoff import Limit, Tally, after_failure, waiting_time
from identity.sign_in.models import AttemptBucket

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)
_CODE_WINDOW = timedelta(minutes=15)
_GUESSES = 5
CLOSES_AFTER = 100
CLOSED = timedelta(days=100 * 365)
"""The wait of a factor that is closed: longer than any that ends."""
_CONSECUTIVE = "consecutive:"
_REMEMBERED = timedelta(days=400)


@dataclass(frozen=True)
class Bucket:
    """A name to count under, and how strictly.

    consecutive: a right answer empties the bucket, instead of taking back the attempt alone.
    """

    name: str
    limit: Limit
    consecutive: bool = False


@dataclass(frozen=True)
class Attempt:
    """One try. `reserved` buckets count it at once, `on_failure` ones when it proves wrong."""

    reserved: Sequence[Bucket]
    on_failure: Sequence[Bucket] = ()

    @property
    def names(self) -> list[str]:
        """Names of all buckets."""
        return [bucket.name for bucket in (*self.reserved, *self.on_failure)]


def password_attempt(
    email_key: str, network: str, *, device: int | None, reset: int | None
) -> Attempt:
    """Return the attempt of a password from this network; device and reset set the owner apart."""
    chosen = settings()
    if device is not None:
        limit = Limit(chosen.failures_per_known_device, _MINUTE, 15 * _MINUTE, _DAY)
        return Attempt([Bucket(f"device:{device}", limit), _row(f"password:device:{device}")])
    if reset is not None:
        limit = Limit(chosen.failures_per_known_device, _MINUTE, 15 * _MINUTE, _DAY)
        return Attempt([Bucket(f"reset:{reset}", limit)])
    # The text of an address field may be anything, a password included: only a hash is stored.
    who = secret_hash(email_key)
    pair = Limit(chosen.failures_per_account_and_network, _MINUTE, 15 * _MINUTE, _DAY)
    account = Limit(chosen.failures_per_account, _MINUTE, 60 * _MINUTE, 7 * _DAY)
    everybody = Limit(chosen.failures_per_network, _MINUTE / 4, 5 * _MINUTE, 30 * _MINUTE)
    return Attempt(
        [
            Bucket(f"account:{who}", account),
            Bucket(f"pair:{who}:{network}", pair),
            _row(f"password:{who}"),
        ],
        [Bucket(f"network:{network}", everybody)],
    )


def code_attempt(account_id: int, factor: str, *, device: int | None) -> Attempt:
    """Return the attempt of a second-step code.

    Counted for the account in any 15 minutes, and in a row for this factor alone. The caller locks
    the account before it asks for the wait and counts.
    """
    limit = Limit(settings().wrong_codes_per_account, _CODE_WINDOW, _CODE_WINDOW, _CODE_WINDOW)
    name = f"code:{account_id}" if device is None else f"code:{account_id}:device:{device}"
    place = "" if device is None else f":device:{device}"
    return Attempt((), [Bucket(name, limit), _row(f"{factor}:{account_id}{place}")])


def _row(name: str) -> Bucket:
    """Return the bucket of wrong answers in a row, which closes the factor."""
    limit = Limit(CLOSES_AFTER, CLOSED, CLOSED, _REMEMBERED)
    return Bucket(f"{_CONSECUTIVE}{name}", limit, consecutive=True)


def open_codes(account_id: int, factors: Sequence[str]) -> None:
    """Open the person's codes for unknown browsers, after a full sign-in. Inside `writing()`."""
    attempt_counts.empty([f"{_CONSECUTIVE}{factor}:{account_id}" for factor in factors])


def open_after_reset(account: Account, factors: Sequence[str]) -> None:
    """Open the password and the codes for unknown browsers. Must run inside `writing()`."""
    attempt_counts.empty([f"{_CONSECUTIVE}password:{secret_hash(account.email_key)}"])
    open_codes(account.id, factors)


UNCOUNTED = Attempt(())
"""Attempt of a factor that cannot be guessed: it never waits."""


def confirmation_attempt(session_id: int) -> Attempt:
    """Return the attempt of a password within a session, counted for the session alone."""
    limit = Limit(settings().failures_per_known_device, _MINUTE, 15 * _MINUTE, _DAY)
    return Attempt([Bucket(f"session:{session_id}", limit)])


def admit(attempt: Attempt, at: datetime) -> timedelta:
    """Count the try and let it pass (zero), or say how long to wait, which counts nothing.

    Must run outside `writing()`.
    """
    if not attempt.names:
        return timedelta(0)
    # Most refusals are answered from a plain read: a flood of guesses writes nothing.
    tallies = attempt_counts.read(attempt.names)
    wait = _longest_wait(tallies, at)
    if wait or attempt_counts.replace(tallies, _counted(attempt.reserved, tallies, at)):
        return wait
    # Tries at the same moment go one after the other.
    with writing():
        tallies = attempt_counts.lock(attempt.names)
        wait = _longest_wait(tallies, at)
        if not wait:
            attempt_counts.store(_counted(attempt.reserved, tallies, at))
    return wait


def record_failure(attempt: Attempt, at: datetime) -> None:
    """Count a wrong answer."""
    if not attempt.on_failure:
        return
    with writing():
        tallies = attempt_counts.lock([bucket.name for bucket in attempt.on_failure])
        attempt_counts.store(_counted(attempt.on_failure, tallies, at))


def count_guess(account_id: int, at: datetime) -> bool:
    """Count a wrong code from an unknown browser; return whether the owner has to be warned now.

    That is at the fifth within a day, and then at most once a day. Must run inside `writing()`.
    """
    bucket = Bucket(f"guesses:{account_id}", Limit(_GUESSES, _DAY, _DAY, _DAY))
    tallies = attempt_counts.lock([bucket.name])
    if _longest_wait(tallies, at):
        return False
    counted = _counted([bucket], tallies, at)
    attempt_counts.store(counted)
    return counted[bucket.name].blocked_until is not None


def waiting_time_of(attempt: Attempt, at: datetime) -> timedelta:
    """Return how long the next try of this kind will have to wait."""
    return _longest_wait(attempt_counts.read(attempt.names), at) if attempt.names else timedelta(0)


def refund_attempt(attempt: Attempt) -> None:
    """Take the count of one attempt back: the credential was correct.

    Its buckets of wrong answers in a row are emptied. Must run inside `writing()`.
    """
    if attempt.reserved:
        lowered = [bucket.name for bucket in attempt.reserved if not bucket.consecutive]
        attempt_counts.refund(lowered, _in_a_row(attempt.reserved))
    in_a_row = _in_a_row(attempt.on_failure)
    if in_a_row:
        attempt_counts.empty(in_a_row)


def _in_a_row(buckets: Sequence[Bucket]) -> list[str]:
    return [bucket.name for bucket in buckets if bucket.consecutive]


def _longest_wait(tallies: Mapping[str, Tally], at: datetime) -> timedelta:
    return max((waiting_time(each, at) for each in tallies.values()), default=timedelta(0))


def _counted(
    buckets: Sequence[Bucket], tallies: Mapping[str, Tally], at: datetime
) -> Mapping[str, Tally]:
    """Return the buckets after one more failure."""
    return {
        each.name: after_failure(tallies.get(each.name, Tally()), each.limit, at)
        for each in buckets
    }


def expired() -> list[Expired]:
    """Return counters that have been calm for longer than any limit remembers, or count nothing."""
    calm, in_a_row = now() - 8 * _DAY, AttemptBucket.name.startswith(_CONSECUTIVE, autoescape=True)
    return [
        Expired(AttemptBucket, and_(AttemptBucket.last_failure_at < calm, not_(in_a_row))),
        Expired(AttemptBucket, AttemptBucket.last_failure_at < now() - _REMEMBERED),
        Expired(
            AttemptBucket,
            and_(AttemptBucket.failures == 0, AttemptBucket.last_failure_at.is_(None)),
        ),
    ]
