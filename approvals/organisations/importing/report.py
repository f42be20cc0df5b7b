"""Report of a file's rows and of the changes that the file made.

Plain values for reports and audit.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum

from approvals.organisations.register.parse_file import Fault


@dataclass
class RowCounts:
    """Every row of a file, once: new + changed + unchanged + history + rejected = read.

    A row is new when no file of its kind knew whom it is about, changed when it says otherwise than
    the newest one, history when the file is older than the newest one of its kind.
    """

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    history: int = 0
    rejected: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


class Change(StrEnum):
    """The changes that a file can make to a school, a trust, a local authority or a diocese."""

    OPENED = "opened"
    CLOSED = "closed"
    RENAMED = "renamed"
    JOINED_TRUST = "joined a trust"
    LEFT_TRUST = "left a trust"
    CHANGED_LA = "changed local authority"
    CHANGED_DIOCESE = "changed diocese"
    EMPTIED = "left without schools"
    NEW = "with their first schools"

    @property
    def is_of_trust(self) -> bool:
        """Whether before and after are trusts."""
        return self in (Change.JOINED_TRUST, Change.LEFT_TRUST)


@dataclass(frozen=True)
class Difference:
    """One change, in words. `identifier` is "URN 100000", "UID 1700" or "LA code 909"."""

    change: Change
    identifier: str
    name: str
    before: str
    after: str


@dataclass(frozen=True)
class FileReport:
    """Result, or preview, of the import of one file."""

    name: str
    title: str
    stated_on: str
    complete: bool
    account: RowCounts
    differences: Sequence[Difference]
    faults: Sequence[Fault]
    notes: Sequence[str]
    seconds: float
    wrote: bool = field(default=False)
    taken_for_excerpt: bool = False

    def counts(self) -> dict[Change, int]:
        return count_rows(self.differences)


def count_rows(differences: Iterable[Difference]) -> dict[Change, int]:
    """Return how often each change occurs; changes that do not occur are left out."""
    found: dict[Change, int] = {}
    for difference in differences:
        found[difference.change] = found.get(difference.change, 0) + 1
    return found
