"""One row of each layout, read into what it says.

What is said about a subject is a mapping with the names of Organisation's columns as keys, and for
a school `trust` (a UID), `joined_on` and `other_groups`. A missing key says nothing; an empty text
says that there is none.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from approvals.organisations.register import codes, values

Facts = dict[str, Any]
Said = TypeVar("Said")


class RowFault(Exception):
    """The row is not loaded. `subject` is whom it was about, where that could be read."""

    def __init__(self, column: str, reason: str, subject: str | None = None) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason
        self.subject = subject


def canonical(facts: Mapping[str, Any]) -> str:
    """The one form in which facts are stored and compared."""
    return json.dumps(facts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Row:
    """The cells of one row, by field."""

    __slots__ = ("_cells", "_header", "_places", "subject")

    def __init__(
        self, cells: Sequence[str], places: Mapping[str, tuple[int, ...]], header: Sequence[str]
    ) -> None:
        self._cells = cells
        self._places = places
        self._header = header
        self.subject: str | None = None

    def cell(self, column: str) -> str:
        """The first cell of the field that is not empty."""
        for place in self._places[column]:
            if cell := self._cells[place]:
                return cell
        return ""

    def heading(self, column: str) -> str:
        places = self._places[column]
        return self._header[places[0]] if places else column

    def fault(self, column: str, reason: str) -> RowFault:
        return RowFault(self.heading(column), reason, self.subject)

    def value(self, column: str, reader: Callable[..., Said], *details: Any) -> Said:
        """What the field's cell says, read by one of `values`' functions."""
        try:
            return reader(self.cell(column), *details)
        except values.Unreadable as error:
            raise self.fault(column, str(error)) from None

    def needed(self, column: str, reader: Callable[..., str | None], *details: Any) -> str:
        value = self.value(column, reader, *details)
        if not value:
            raise self.fault(column, "the cell is empty")
        return value

    def code(
        self,
        field_name: str,
        known: Mapping[str, str],
        names: Mapping[str, str],
        width: int = 1,
    ) -> str | None:
        """A code, or where only its name stands the code of the name by the closed table."""
        found = self.value(f"{field_name}_code", values.code, known, (), width)
        if found is not None:
            return found
        column = f"{field_name}_name"
        return self.value(column, values.from_name, names, codes.plain_name(self.cell(column)))


@dataclass
class Membership:
    """A row that puts a school into a group."""

    uid: str
    is_trust: bool
    group_open: bool
    joined_on: str | None
    line: int


@dataclass
class State:
    """What the rows of one file have said so far."""

    complete: bool
    line: int = 1
    said: dict[str, str] = field(default_factory=dict)
    mentioned: dict[str, Facts] = field(default_factory=dict)
    memberships: dict[str, list[Membership]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    withdrawn: list[tuple[int, str, str]] = field(default_factory=list)
    damaged: int = 0

    def say(self, row: Row, subject: str, facts: Facts) -> str:
        """The only row about this subject. A second one is a fault."""
        if subject in self.said:
            raise RowFault(
                row.heading("urn" if subject.startswith(("urn", "link")) else "uid"),
                f"there is an earlier row for the same one, on line {self.lines[subject]}",
                subject,
            )
        self.said[subject] = canonical(facts)
        self.lines[subject] = self.line
        return subject

    def mention(self, subject: str, facts: Facts) -> None:
        """Something that many rows repeat; the first one is taken."""
        self.mentioned.setdefault(subject, {key: v for key, v in facts.items() if v is not None})

    def names(self, cell: str) -> Facts:
        """The name in a cell; a damaged one under a key of its own."""
        damaged = values.damaged_name(cell)
        if damaged is None:
            return {"name": values.name(cell)}
        self.damaged += 1
        return {"damaged_name": damaged}

    def finished(self) -> Iterator[tuple[str, str]]:
        """All subjects with their facts, in the form that is stored."""
        for subject, memberships in self.memberships.items():
            self.mentioned[subject].update(settled(memberships, self.complete))
        for subject, facts in self.mentioned.items():
            yield subject, canonical(facts)
        yield from self.said.items()

    def settle_conflicts(self) -> None:
        """Withdraws each row that puts a school into a second open trust."""
        for subject, memberships in self.memberships.items():
            trusts = sorted(
                (each for each in memberships if each.is_trust and each.group_open),
                key=lambda each: (each.joined_on or "", each.line),
            )
            for loser in trusts[:-1]:
                memberships.remove(loser)
                reason = (
                    f"the school is in two trusts on one day: {loser.uid}, and {trusts[-1].uid} "
                    f"on line {trusts[-1].line}, which it joined last"
                )
                self.withdrawn.append((loser.line, reason, subject))

    def notes(self) -> list[str]:
        if not self.damaged:
            return []
        sentence = (
            f"{self.damaged} names were damaged by a wrong decoding before the file came here; "
            "a name known from elsewhere stands."
        )
        return [sentence]


def settled(memberships: Sequence[Membership], complete: bool) -> Facts:
    """The trust and the other groups of one school.

    A closed trust counts only where no open one stands. Where no trust stands, only a complete
    file says that there is none.
    """
    trusts = sorted(
        (each for each in memberships if each.is_trust),
        key=lambda each: (each.group_open, each.joined_on or "", each.line),
    )
    facts: Facts = {"trust": ""} if complete else {}
    if trusts:
        facts = {"trust": trusts[-1].uid}
        if trusts[-1].joined_on:
            facts["joined_on"] = trusts[-1].joined_on
    others = [each for each in memberships if each not in trusts[-1:]]
    if others:
        facts["other_groups"] = sorted([each.uid, each.joined_on or ""] for each in others)
    return facts


def _without_silence(facts: Facts) -> Facts:
    return {key: value for key, value in facts.items() if value is not None}


def _closed_on(row: Row, is_open: bool) -> str | None:
    """An open body without a closing date has none; of a closed one that says nothing."""
    closed_on = row.value("closed_on", values.day)
    return "" if closed_on is None and is_open else closed_on


def _address(row: Row) -> str | None:
    lines = (row.value(part, values.text, 100) for part in ("street", "locality", "address3"))
    return ", ".join(line for line in lines if line)[:250] or None


def _place(row: Row) -> Facts:
    return {
        "address": _address(row),
        "town": row.value("town", values.text, 100) or None,
        "postcode": row.value("postcode", values.text, 10) or None,
    }


def _school_urn(row: Row, column: str = "urn") -> str:
    urn = row.needed(column, values.identifier, 6)
    if column == "urn":
        row.subject = f"urn:{urn}"
    return urn


def _local_authority(row: Row, state: State) -> str | None:
    la_code = row.value("la_code", values.local_authority)
    if la_code:
        state.mention(f"la:{la_code}", {"name": row.value("la_name", values.name)})
    return la_code


def _establishment_trust(row: Row, state: State) -> str | None:
    flag = row.value("trust_flag", values.code, {*codes.TRUST_TYPE_OF_FLAG, *codes.NO_TRUST_FLAGS})
    if flag in codes.NO_TRUST_FLAGS or flag == "":
        return ""
    uid = row.value("trust_uid", values.identifier, 8)
    if flag is None or uid is None:
        return None
    names = state.names(row.cell("trust_name"))
    state.mention(f"uid:{uid}", {**names, "type_code": codes.TRUST_TYPE_OF_FLAG[flag]})
    return uid


def _establishment(row: Row, state: State) -> str:
    urn = _school_urn(row)
    row.needed("name", lambda cell: cell.strip())
    status = row.code("status", codes.STATUSES, codes.STATUS_CODES)
    if not status:
        raise row.fault("status_code", "the cell is empty")
    type_code = row.code("type", codes.ESTABLISHMENT_TYPES, codes.ESTABLISHMENT_TYPE_CODES, 2)
    if not type_code:
        raise row.fault("type_code", "the cell is empty")
    diocese_code = row.value("diocese_code", values.diocese)
    facts = {
        **state.names(row.cell("name")),
        "status_code": status,
        "type_code": type_code,
        "opened_on": row.value("opened_on", values.day),
        "closed_on": _closed_on(row, status in codes.OPEN_STATUSES),
        "la_code": _local_authority(row, state),
        "diocese_code": diocese_code,
        "trust": _establishment_trust(row, state),
        "phase_code": row.code("phase", codes.PHASES, codes.PHASE_CODES),
        "low_age": _age(row, "low_age"),
        "high_age": _age(row, "high_age"),
        "ukprn": row.value("ukprn", values.number, 8),
        "establishment_number": row.value("establishment_number", values.number, 4),
        "region_code": row.value("region_code", values.code, codes.REGIONS) or None,
        **_place(row),
    }
    if diocese_code:
        state.mention(f"diocese:{diocese_code}", {"name": row.value("diocese_name", values.name)})
    return state.say(row, f"urn:{urn}", _without_silence(facts))


def _age(row: Row, column: str) -> int | None:
    digits = row.value(column, values.number, 3)
    return None if digits is None else int(digits)


def _group_facts(row: Row, state: State) -> tuple[str, Facts]:
    uid = row.needed("uid", values.identifier, 8)
    row.subject = row.subject or f"uid:{uid}"
    row.needed("name", lambda cell: cell.strip())
    type_code = row.code("type", codes.GROUP_TYPES, codes.GROUP_TYPE_CODES, 2)
    if not type_code:
        raise row.fault("type_name", "the cell is empty")
    status = _group_status(row)
    facts = {
        **state.names(row.cell("name")),
        "type_code": type_code,
        "status_code": status,
        "closed_on": _closed_on(row, status == "OPEN"),
        "opened_on": row.value("opened_on", values.day),
        "group_id": row.value("group_id", values.text, 12) or None,
        "companies_house_number": _company_number(row),
    }
    return uid, _without_silence(facts)


def _group_status(row: Row) -> str | None:
    for column in ("status_code", "status_name"):
        plain = row.cell(column).strip().casefold()
        if plain:
            return row.value(column, values.from_name, codes.GROUP_STATUS_CODES, plain)
    return None


def _company_number(row: Row) -> str | None:
    cell = row.cell("companies_house_number").strip()
    return cell.zfill(8)[:8].upper() if cell else None


def _group(row: Row, state: State) -> str:
    uid, facts = _group_facts(row, state)
    facts.update(ukprn=row.value("ukprn", values.number, 8), **_place(row))
    return state.say(row, f"uid:{uid}", _without_silence(facts))


def _group_link(row: Row, state: State) -> str:
    urn = _school_urn(row)
    subject = f"urn:{urn}"
    uid, group = _group_facts(row, state)
    joined_on = row.value("joined_on", values.day)
    type_code = row.code(
        "school_type", codes.ESTABLISHMENT_TYPES, codes.ESTABLISHMENT_TYPE_CODES, 2
    )
    earlier = state.memberships.get(subject, [])
    for membership in earlier:
        if membership.uid == uid:
            raise row.fault("uid", f"there is an earlier row for both, on line {membership.line}")
    state.mention(f"uid:{uid}", group)
    state.mention(
        subject,
        {
            **state.names(row.cell("school_name")),
            "type_code": type_code,
            "phase_code": row.code("phase", codes.PHASES, codes.PHASE_CODES),
            "la_code": _local_authority(row, state),
        },
    )
    is_trust = group["type_code"] in codes.TRUST_TYPES
    state.memberships.setdefault(subject, []).append(
        Membership(uid, is_trust, group.get("status_code") == "OPEN", joined_on, state.line)
    )
    return subject


_LINK_TYPES = {codes.plain_name(name): name for name in codes.LINK_RELATIONS}


def _school_link(row: Row, state: State) -> str:
    urn = _school_urn(row)
    link_urn = _school_urn(row, "link_urn")
    link_type = row.needed(
        "link_type", values.from_name, _LINK_TYPES, codes.plain_name(row.cell("link_type"))
    )
    row.subject = f"link:{urn}:{link_urn}:{link_type}"
    facts = {"established_on": row.value("established_on", values.day)}
    return state.say(row, row.subject, _without_silence(facts))


def _authority(row: Row, state: State) -> str:
    la_code = row.needed("la_code", values.local_authority)
    row.subject = f"la:{la_code}"
    return state.say(row, row.subject, {"name": row.needed("la_name", values.name)})


_READERS: Mapping[str, Callable[[Row, State], str]] = {
    "establishments": _establishment,
    "group_links": _group_link,
    "all_links": _group_link,
    "groups": _group,
    "school_links": _school_link,
    "local_authorities": _authority,
}


def reader_of(layout: str) -> Callable[[Row, State], str]:
    """The function that reads one row of the layout and answers whom it is about."""
    return _READERS[layout]


def subject_of(row: Row) -> str | None:
    """Whom a row of the wrong length is about: none where it is too short to say."""
    try:
        return f"urn:{_school_urn(row)}"
    except (RowFault, IndexError, KeyError):
        return None
