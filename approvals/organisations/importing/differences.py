"""Changes of a school or trust by a file on one day, from its rows before and after. Pure."""

from collections.abc import Iterable
from datetime import date

from app.database.dated_rows import covers
from approvals.organisations.importing.report import Change, Difference
from approvals.organisations.register.timeline import Period

_LABELS = {"urn": "URN", "uid": "UID"}

TrustRow = tuple[str, date, date, date]
"""A trust by its key, and the days of BelongingRow."""
OnDay = tuple[Period | None, str]
"""The state on one day: the period, if any, and the key of the trust or ""."""


def on_day(periods: Iterable[Period], trusts: Iterable[TrustRow], day: date) -> OnDay:
    """Return the state of a day."""
    period = next((each for each in periods if covers(each.valid_from, each.valid_to, day)), None)
    return period, next((row[0] for row in trusts if covers(row[1], row[2], day)), "")


def between(subject: str, was: OnDay, becomes: OnDay) -> list[Difference]:
    """Return the differences of a school or trust; trusts are given by their keys."""
    prefix, _, number = subject.partition(":")
    if prefix not in _LABELS:
        return []
    (then, trust_then), (now, trust_now) = was, becomes
    name = now.name if now else ""
    was_open = bool(then and then.open)
    is_open = bool(now and now.open)
    found: list[tuple[Change, str, str]] = []
    if is_open and not was_open:
        found.append((Change.OPENED, "", ""))
    if was_open and not is_open:
        found.append((Change.CLOSED, "", ""))
    if then and now:
        if then.name != now.name:
            found.append((Change.RENAMED, then.name, now.name))
        for change, old, new in (
            (Change.CHANGED_LA, then.la_code, now.la_code),
            (Change.CHANGED_DIOCESE, then.diocese_code, now.diocese_code),
        ):
            if old != new:
                found.append((change, old or "none", new or "none"))
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
