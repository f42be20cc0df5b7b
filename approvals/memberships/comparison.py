"""Present and future access of a person, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass

from approvals.access_model.definition import UserGroup


@dataclass(frozen=True)
class AccessDifference:
    """One thing that a user group lets people do, before and after a change."""

    text: str
    before: bool
    after: bool

    @property
    def changes(self) -> bool:
        return self.before != self.after


def compare(before: Sequence[UserGroup], after: Sequence[UserGroup]) -> list[AccessDifference]:
    """Return every line of the groups, with whether one of `before` and of `after` allows it."""
    groups = [*after, *before]
    lines = dict.fromkeys(
        [line for group in groups for line in group.can]
        + [line for group in groups for line in group.cannot]
    )
    return [
        AccessDifference(
            line,
            any(line in group.can for group in before),
            any(line in group.can for group in after),
        )
        for line in lines
    ]
