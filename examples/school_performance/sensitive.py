"""The questions about pupils' results, and the two rules about sensitive items."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

SENSITIVE = frozenset({"fsm", "cla"})
FEWEST = 5
ALONE = "Free school meals and looked-after children are each shown alone, by school and year."


class Query(NamedTuple):
    """All fields name items of results; a filter is an item with the value that it must have."""

    columns: tuple[str, ...]
    filters: tuple[tuple[str, str], ...] = ()
    sort: str = ""
    group: str = ""

    def items(self) -> set[str]:
        return {*self.columns, *(item for item, _ in self.filters), *filter(None, self[2:])}


def why_refused(query: Query) -> str | None:
    """Return why the query is refused, or None.

    Each report is of one school, so that "year" remains.
    """
    mixed = len(query.items() - {"year"}) > 1 and query.items() & SENSITIVE
    return f"{ALONE} That holds for everybody: no approver can change it." if mixed else None


def may_be_shown(group: Sequence[Counter[str]], shown: Iterable[Sequence[Counter[str]]]) -> bool:
    """Return whether no number about a group, or beside those shown, is about fewer than FEWEST.

    A group is the pupils that have a sensitive item and those that do not, each by name.
    """
    numbers = [part.total() for part in group]
    for parts in zip(group, *shown, strict=True):
        for earlier in parts[1:]:
            numbers += [(parts[0] - earlier).total(), (earlier - parts[0]).total()]
    return not any(0 < number < FEWEST for number in numbers)
