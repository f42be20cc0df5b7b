"""One row of each layout, read into what it says about whom."""

from collections.abc import Callable, Mapping

from approvals.organisations.register import codes, values
from approvals.organisations.register.row import Facts, FileProgress, GroupMembership, Row, RowFault


def _without_none(facts: Mapping[str, object]) -> Facts:
    return {key: value for key, value in facts.items() if value is not None}


def _closed_on(row: Row, is_open: bool) -> str | None:
    """Return the closing date.

    An open body without one has none; a closed one that omits it says nothing.
    """
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


def _local_authority(row: Row, state: FileProgress) -> str | None:
    la_code = row.coded("la_code", values.local_authority)
    if la_code:
        state.mention(f"la:{la_code}", {"name": row.value("la_name", values.name)})
    return la_code


_FLAGS = frozenset({*codes.TRUST_TYPE_OF_FLAG, *codes.NO_TRUST_FLAGS})


def _establishment_trust(row: Row, state: FileProgress) -> str | None:
    flag = row.optional(row.coded, "trust_flag", values.code, _FLAGS)
    if flag in codes.NO_TRUST_FLAGS or flag == "":
        return ""
    uid = row.value("trust_uid", values.identifier, 8)
    if flag is None or uid is None:
        return None
    names = state.names(row.cell("trust_name"))
    state.mention(f"uid:{uid}", {**names, "type_code": codes.TRUST_TYPE_OF_FLAG[flag]})
    return uid


def _establishment(row: Row, state: FileProgress) -> str:
    urn = _school_urn(row)
    row.needed("name", lambda cell: cell.strip())
    status = row.code("status", codes.STATUSES, codes.STATUS_CODES)
    if not status:
        raise row.fault("status_code", "the cell is empty")
    type_code = row.code("type", codes.ESTABLISHMENT_TYPES, codes.ESTABLISHMENT_TYPE_CODES, 2)
    if not type_code:
        raise row.fault("type_code", "the cell is empty")
    diocese_code = row.coded("diocese_code", values.diocese)
    facts = {
        **state.names(row.cell("name")),
        "status_code": status,
        "type_code": type_code,
        "opened_on": row.value("opened_on", values.day),
        "closed_on": _closed_on(row, status in codes.OPEN_STATUSES),
        "la_code": _local_authority(row, state),
        "diocese_code": diocese_code,
        "trust": _establishment_trust(row, state),
        "phase_code": _phase(row),
        "low_age": _age(row, "low_age"),
        "high_age": _age(row, "high_age"),
        "ukprn": row.optional(row.value, "ukprn", values.number, 8),
        "establishment_number": row.optional(row.value, "establishment_number", values.number, 4),
        "region_code": row.optional(row.coded, "region_code", values.code, codes.REGIONS) or None,
        **_place(row),
    }
    if diocese_code:
        state.mention(f"diocese:{diocese_code}", {"name": row.value("diocese_name", values.name)})
    return state.add_statement(row, f"urn:{urn}", _without_none(facts))


def _phase(row: Row) -> str | None:
    code = row.optional(row.coded, "phase_code", values.code, codes.PHASES)
    return code or row.optional(row.coded, "phase_name", values.from_table, codes.PHASE_CODES)


def _age(row: Row, column: str) -> int | None:
    digits = row.optional(row.coded, column, values.number, 3)
    return None if digits is None else int(digits)


def _group_facts(row: Row, state: FileProgress) -> tuple[str, Facts]:
    uid = row.needed("uid", values.identifier, 8)
    row.subject = row.subject or f"uid:{uid}"
    row.needed("name", lambda cell: cell.strip())
    type_code = row.code("type", codes.GROUP_TYPES, codes.GROUP_TYPE_CODES, 2)
    if not type_code:
        raise row.fault("type_name", "the cell is empty")
    status = _group_status(row)
    if status == "PROPOSED_TO_OPEN":
        opened_on = row.value("opened_on", values.day)
    else:
        opened_on = row.optional(row.value, "opened_on", values.day)
    facts = {
        **state.names(row.cell("name")),
        "type_code": type_code,
        "status_code": status,
        "closed_on": _closed_on(row, status in codes.OPEN_GROUP_STATUSES),
        "opened_on": opened_on,
        "group_id": row.value("group_id", values.text, 12) or None,
        "companies_house_number": _company_number(row),
    }
    return uid, _without_none(facts)


def _group_status(row: Row) -> str | None:
    for column in ("status_code", "status_name"):
        if row.cell(column).strip():
            return row.coded(column, values.from_table, codes.GROUP_STATUS_CODES)
    return None


def _company_number(row: Row) -> str | None:
    cell = row.cell("companies_house_number").strip()
    return cell.zfill(8)[:8].upper() if cell else None


def _group(row: Row, state: FileProgress) -> str:
    uid, facts = _group_facts(row, state)
    facts.update(ukprn=row.optional(row.value, "ukprn", values.number, 8), **_place(row))
    return state.add_statement(row, f"uid:{uid}", _without_none(facts))


def _group_link(row: Row, state: FileProgress) -> str:
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
            "phase_code": _phase(row),
            "la_code": _local_authority(row, state),
        },
    )
    is_trust = group["type_code"] in codes.TRUST_TYPES
    is_open = group.get("status_code") in codes.OPEN_GROUP_STATUSES
    state.memberships.setdefault(subject, []).append(
        GroupMembership(uid, is_trust, is_open, joined_on, state.line)
    )
    return subject


def _school_link(row: Row, state: FileProgress) -> str:
    urn = _school_urn(row)
    link_urn = _school_urn(row, "link_urn")
    link_type = row.value("link_type", codes.link_type)
    row.subject = f"link:{urn}:{link_urn}:{link_type}"
    facts = {"established_on": row.optional(row.value, "established_on", values.day)}
    return state.add_statement(row, row.subject, _without_none(facts))


def _authority(row: Row, state: FileProgress) -> str:
    la_code = row.needed("la_code", values.local_authority)
    row.subject = f"la:{la_code}"
    return state.add_statement(row, row.subject, {"name": row.needed("la_name", values.name)})


_READERS: Mapping[str, Callable[[Row, FileProgress], str]] = {
    "establishments": _establishment,
    "group_links": _group_link,
    "all_links": _group_link,
    "groups": _group,
    "school_links": _school_link,
    "local_authorities": _authority,
}


def reader_of(layout: str) -> Callable[[Row, FileProgress], str]:
    """Return the function that reads one row of the layout and returns its subject."""
    return _READERS[layout]


def subject_of(row: Row) -> str | None:
    """Return the subject of a row of the wrong length, if it is long enough to say."""
    try:
        return f"urn:{_school_urn(row)}"
    except (RowFault, IndexError, KeyError):
        return None
