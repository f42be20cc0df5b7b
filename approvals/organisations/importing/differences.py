"""Changes of a school or trust by a file on one day, from its rows before and after. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from approvals.organisations.importing.report import Change, Difference

_FROM, _TO, _OPEN, _NAME = 0, 1, 2, 3
_LA, _DIOCESE = 6, 7
_LABELS = {"urn": "URN", "uid": "UID"}

Rows = Sequence[tuple[Any, ...]]
OnDay = tuple[tuple[Any, ...] | None, str]
"""The state on one day: a row of PERIOD_COLUMNS, if any, and the key of the trust or ""."""


def on_day(periods: Rows, trusts: Rows, day: date) -> OnDay:
    """Return the differences of a day; rows of trusts begin with the trust's key and two days."""
    period = next((row for row in periods if row[_FROM] <= day < row[_TO]), None)
    return period, next((row[0] for row in trusts if row[1] <= day < row[2]), "")


def between(subject: str, was: OnDay, becomes: OnDay) -> list[Difference]:
    """Return the differences of a school or trust; trusts are given by their keys."""
    prefix, _, number = subject.partition(":")
    if prefix not in _LABELS:
        return []
    (then, trust_then), (now, trust_now) = was, becomes
    name = now[_NAME] if now else ""
    was_open = bool(then and then[_OPEN])
    is_open = bool(now and now[_OPEN])
    found: list[tuple[Change, str, str]] = []
    if is_open and not was_open:
        found.append((Change.OPENED, "", ""))
    if was_open and not is_open:
        found.append((Change.CLOSED, "", ""))
    if then and now:
        if then[_NAME] != now[_NAME]:
            found.append((Change.RENAMED, then[_NAME], now[_NAME]))
        for change, place in ((Change.CHANGED_LA, _LA), (Change.CHANGED_DIOCESE, _DIOCESE)):
            if then[place] != now[place]:
                found.append((change, then[place] or "none", now[place] or "none"))
    if trust_then != trust_now:
        if trust_then:
            found.append((Change.LEFT_TRUST, trust_then, ""))
        if trust_now:
            found.append((Change.JOINED_TRUST, "", trust_now))
    label = f"{_LABELS[prefix]} {number}"
    return [Difference(change, label, name, old, new) for change, old, new in found]


def closes(differences: Iterable[Difference]) -> bool:
    """Return whether the differences include a closure."""
    return any(difference.change is Change.CLOSED for difference in differences)
