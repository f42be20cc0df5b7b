"""The difference between the user groups that a person holds and those that they are to hold.

Pure functions over values, without Flask and database.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from approvals.memberships.rules import Access


@dataclass(frozen=True)
class HeldGroup:
    """A grant that is held now or will be. starts_at: a start that lies ahead, else None."""

    grant_id: int
    service: str
    user_group: str
    valid_to: datetime | None
    starts_at: datetime | None = None


@dataclass(frozen=True)
class GivenGroup:
    """A grant to open. starts_at: a start that lies ahead; None for one that counts at once."""

    service: str
    user_group: str
    starts_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True)
class AccessChange:
    """Grants to close and to open, so that the person holds what is wanted."""

    close: tuple[HeldGroup, ...]
    give: tuple[GivenGroup, ...]

    @property
    def nothing(self) -> bool:
        return not self.close and not self.give

    @property
    def gains(self) -> bool:
        return bool(self.give)


def plan_change(
    current: Collection[HeldGroup],
    wanted: Access,
    *,
    ends_at: datetime | None,
    starts_at: datetime | None = None,
) -> AccessChange:
    """Return the difference between current and wanted groups, for the services in `wanted`.

    A user group that stays, with the same start and end, keeps its row; one whose dates change is
    closed and given anew, since rows are never overwritten. With a start that lies ahead the
    present groups count until then.
    """
    close: list[HeldGroup] = []
    give: list[GivenGroup] = []
    kept: set[tuple[str, str]] = set()
    for grant in current:
        if grant.service not in wanted:
            continue
        is_wanted = grant.user_group in wanted[grant.service]
        if is_wanted and grant.valid_to == ends_at and grant.starts_at == starts_at:
            kept.add((grant.service, grant.user_group))
        elif starts_at is None or grant.starts_at is not None:
            close.append(grant)
        elif grant.valid_to is None or grant.valid_to > starts_at:
            close.append(grant)
            give.append(GivenGroup(grant.service, grant.user_group, None, starts_at))
    give += [
        GivenGroup(service, group, starts_at, ends_at)
        for service, groups in wanted.items()
        for group in dict.fromkeys(groups)
        if (service, group) not in kept
    ]
    return AccessChange(tuple(close), tuple(give))


def newly_given(current: Collection[HeldGroup], change: AccessChange) -> list[GivenGroup]:
    """Return the groups of a change that are not held already for the whole of their time."""
    return [
        given
        for given in change.give
        if not any(
            (held.service, held.user_group) == (given.service, given.user_group)
            and held.starts_at is None
            and (held.valid_to is None or _ends_by(given.ends_at, held.valid_to))
            for held in current
        )
    ]


def _ends_by(ends_at: datetime | None, moment: datetime) -> bool:
    return ends_at is not None and ends_at <= moment


def removes_present_group(change: AccessChange) -> bool:
    """Return whether a user group that counts now is taken away, and not only prolonged."""
    kept = {(given.service, given.user_group) for given in change.give if given.starts_at is None}
    return any(
        held.starts_at is None and (held.service, held.user_group) not in kept
        for held in change.close
    )
