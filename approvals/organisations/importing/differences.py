"""What a file changes about a school or trust on one day, from its rows before and after. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from approvals.organisations.importing.account import Change, Difference

_FROM, _TO, _OPEN, _NAME = 0, 1, 2, 3
_LA = 6
_LABELS = {"urn": "URN", "uid": "UID"}

Rows = Sequence[tuple[Any, ...]]


def between(
    subject: str,
    on: date,
    before: Rows,
    trusts_before: Rows,
    after: Rows,
    trusts_after: Rows,
) -> list[Difference]:
    """Periods are rows of valid_from, valid_to, open, name, type, status, local authority, diocese.

    Rows of trusts begin with the trust and the two days; the trust is given by its id.
    """
    prefix, _, number = subject.partition(":")
    if prefix not in _LABELS:
        return []
    then, now = _on(before, on), _on(after, on)
    name = now[_NAME] if now else ""
    was_open = bool(then and then[_OPEN])
    is_open = bool(now and now[_OPEN])
    found: list[tuple[Change, str, str]] = []
    if is_open and not was_open:
        found.append((Change.OPENED, "", ""))
    if was_open and not is_open:
        found.append((Change.CLOSED, "", ""))
    if then and now and then[_NAME] != now[_NAME]:
        found.append((Change.RENAMED, then[_NAME], now[_NAME]))
    if then and now and then[_LA] != now[_LA]:
        found.append((Change.CHANGED_LA, then[_LA] or "none", now[_LA] or "none"))
    found.extend(_of_trusts(_trust_on(trusts_before, on), _trust_on(trusts_after, on)))
    label = f"{_LABELS[prefix]} {number}"
    return [Difference(change, label, name, old, new) for change, old, new in found]


def closes(differences: Iterable[Difference]) -> bool:
    return any(difference.change is Change.CLOSED for difference in differences)


def _of_trusts(before: int | None, after: int | None) -> Iterable[tuple[Change, str, str]]:
    if before == after:
        return
    if before is not None:
        yield Change.LEFT_TRUST, str(before), ""
    if after is not None:
        yield Change.JOINED_TRUST, "", str(after)


def _on(rows: Rows, day: date) -> tuple[Any, ...] | None:
    return next((row for row in rows if row[_FROM] <= day < row[_TO]), None)


def _trust_on(rows: Rows, day: date) -> int | None:
    return next((row[0] for row in rows if row[1] <= day < row[2]), None)
