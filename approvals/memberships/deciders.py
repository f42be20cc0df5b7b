"""The people who may decide about an organisation, nearest first: one rule for every decision.

The approvers of the organisation come first, then the approvers of its parent bodies
(`approvals.organisations.parents`), then the operators. A person excluded from a decision, such
as the one it is about, counts at no level: where the only approver is excluded, the parent’s
approvers are the nearest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from approvals.memberships.rules import Authority

LEVELS = (Authority.APPROVER, Authority.PARENT, Authority.OPERATOR)
"""Grounds on which people decide about an organisation, the nearest first."""


@dataclass(frozen=True)
class Deciders:
    """Accounts that can act at one moment: joined, not suspended, appointed.

    parents: the approvers of each parent body, by the body's database id.
    """

    approvers: frozenset[int]
    operators: frozenset[int]
    parents: Mapping[int, frozenset[int]] = field(default_factory=dict)

    def at_level(self, level: Authority, *, without: Collection[int] = ()) -> frozenset[int]:
        """Return the people of one level, without those who are excluded."""
        if level is Authority.PARENT:
            people = frozenset[int]().union(*self.parents.values())
        else:
            people = self.approvers if level is Authority.APPROVER else self.operators
        return people - frozenset(without)

    def nearest(self, *, without: Collection[int] = ()) -> tuple[Authority, frozenset[int]]:
        """Return the nearest level at which somebody can decide, and its people.

        The level is `Authority.NONE` where nobody can.
        """
        for level, people in self._levels(without):
            if people:
                return level, people
        return Authority.NONE, frozenset()

    def authority(self, account_id: int, *, up_to: Authority = Authority.OPERATOR) -> Authority:
        """Return the nearest ground on which a person may decide, no further up than `up_to`."""
        for level, people in self._levels():
            if account_id in people:
                return level
            if level is up_to:
                break
        return Authority.NONE

    def _levels(self, without: Collection[int] = ()) -> Iterator[tuple[Authority, frozenset[int]]]:
        return ((level, self.at_level(level, without=without)) for level in LEVELS)
