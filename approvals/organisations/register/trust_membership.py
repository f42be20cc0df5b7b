"""Trust membership of a school on any day, by the newest file. Pure.

Files that name the same trust one after the other tell of one stay: its Joined Date is that of the
newest of them that gives one, so that a corrected date replaces the older one. A stay lasts until
the next one begins. A stay without a date begins on the day of its first file.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from approvals.organisations.register import layouts
from approvals.organisations.register.stated_facts import StatedFacts
from approvals.organisations.register.statuses import BEGINNING, END, FamilyStatement, as_day

_LINK_FAMILIES = frozenset({layouts.ALL_LINKS, layouts.GROUP_LINKS})


@dataclass(frozen=True)
class TrustStatement:
    """A file's statement about a school's trust. `uid` is "" for none."""

    day: date
    uid: str
    joined_on: date | None


@dataclass(frozen=True)
class _Stay:
    uid: str
    first_file: date
    joined_on: date | None
    begin: date


@dataclass(frozen=True)
class Belonging:
    """A school in a trust. Before `known_from` it is only the earliest that is known."""

    uid: str
    valid_from: date
    valid_to: date
    known_from: date


def belongings(statements: Iterable[FamilyStatement]) -> tuple[Belonging, ...]:
    """Return the school's times in trusts, in order, without overlap."""
    kept: list[_Stay] = []
    for stay in reversed(_stays(_trust_statements(statements))):
        later = kept[-1] if kept else None
        if later is not None and stay.begin >= later.begin:
            continue
        if later is None or stay.uid != later.uid:
            kept.append(stay)
        elif later.joined_on is None:
            kept[-1] = stay
    kept.reverse()
    ends = [stay.begin for stay in kept[1:]] + [END]
    return tuple(
        Belonging(stay.uid, stay.begin, end, stay.joined_on or stay.first_file)
        for stay, end in zip(kept, ends, strict=False)
        if stay.uid
    )


def _stays(statements: Iterable[TrustStatement]) -> list[_Stay]:
    stays: list[_Stay] = []
    for each in statements:
        last = stays[-1] if stays else None
        if last is not None and last.uid == each.uid:
            joined_on = each.joined_on or last.joined_on
            begin = joined_on or last.begin
            stays[-1] = replace(last, joined_on=joined_on, begin=begin)
        else:
            begin = each.joined_on or (each.day if stays else BEGINNING)
            stays.append(_Stay(each.uid, each.day, each.joined_on, begin))
    return stays


def _trust_statements(statements: Iterable[FamilyStatement]) -> Iterable[TrustStatement]:
    """Yield the statements of each day, link files before establishment files.

    A file may also name a trust that the school joins later; it follows the present one.
    """
    by_day: dict[date, tuple[bool, list[TrustStatement]]] = {}
    for day, family, facts in statements:
        of_links = family in _LINK_FAMILIES
        if facts is None and of_links:
            of_day = [TrustStatement(day, "", None)]
        elif facts is not None and ("trust" in facts or "next_trust" in facts):
            of_day = list(_of_file(day, facts))
        else:
            continue
        earlier = by_day.get(day)
        if earlier is None or of_links or not earlier[0]:
            by_day[day] = (of_links, of_day)
    return (each for _, (_, of_day) in sorted(by_day.items()) for each in of_day)


def _of_file(day: date, facts: StatedFacts) -> Iterable[TrustStatement]:
    if "trust" in facts:
        uid = facts["trust"]
        yield TrustStatement(day, uid, as_day(facts.get("joined_on")) if uid else None)
    if "next_trust" in facts:
        uid, joined_on = facts["next_trust"]
        yield TrustStatement(day, uid, as_day(joined_on))
