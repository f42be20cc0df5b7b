"""Which version of terms counts, and whether somebody still has to accept one. Pure.

The newest version is the one published last among those in effect. The required version is the
newest in effect that must be accepted again; having accepted it, or a newer one, suffices
(docs/decisions/0023). A person is only ever shown the newest version: accepting it also meets
an older requirement.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Version:
    """A published version of one service's terms, or of the platform's.

    `effective_from` is the moment from which it counts: `takes_effect` says which.
    """

    id: int
    number: int
    effective_from: datetime
    accept_again: bool


@dataclass(frozen=True, slots=True)
class DueVersion:
    """The newest version waits: `blocking` is whether access waits with it."""

    version: Version
    blocking: bool


def takes_effect(effective_from: datetime, published_at: datetime) -> datetime:
    """Return the moment from which a version counts: never before it was published.

    Earlier releases accepted a date before the publication; such rows stay as they are.
    """
    return max(effective_from, published_at)


def may_take_effect(first_day: date, present: date) -> bool:
    """Return whether a version may be published with this first day.

    A day that has passed is refused.
    """
    return first_day >= present


def newest(versions: Sequence[Version], at: datetime) -> Version | None:
    """Return the version in effect."""
    return max(
        (version for version in versions if version.effective_from <= at),
        key=lambda version: version.number,
        default=None,
    )


def required(versions: Sequence[Version], at: datetime) -> Version | None:
    """Return the version that has to be accepted, or any newer one in its place."""
    return newest([version for version in versions if version.accept_again], at)


def due_version(
    versions: Sequence[Version], accepted: Collection[int], at: datetime
) -> DueVersion | None:
    """Return what is due for a person who accepted these version ids, or None."""
    current = newest(versions, at)
    if current is None or current.id in accepted:
        return None
    needed = required(versions, at)
    latest = max((each.number for each in versions if each.id in accepted), default=0)
    return DueVersion(current, blocking=needed is not None and latest < needed.number)


def must_be_accepted_again(accept_again: bool, earlier: Sequence[Version]) -> bool:
    """Return whether a new version must be accepted again. The first always must."""
    return accept_again or not earlier
