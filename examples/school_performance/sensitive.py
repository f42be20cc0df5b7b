"""What may be asked of pupils' results, and the one rule about sensitive items."""

from typing import NamedTuple

SENSITIVE = frozenset({"fsm", "cla"})
ALONE = "Free school meals and looked-after children are each shown alone, by school and year."


class Query(NamedTuple):
    """All fields name items of results; a filter is an item with the value that it must have."""

    columns: tuple[str, ...]
    filters: tuple[tuple[str, str], ...] = ()
    sort: str = ""
    group: str = ""

    def items(self) -> set[str]:
        return {*self.columns, *(item for item, _ in self.filters), self.sort, self.group} - {""}


def why_refused(query: Query) -> str | None:
    """Why nobody may ask this, or None. Each report is of one school, so that "year" remains."""
    mixed = len(query.items() - {"year"}) > 1 and query.items() & SENSITIVE
    return f"{ALONE} That holds for everybody: no approver can change it." if mixed else None
