"""The layouts of register files, each told by its header.

A column is looked for under all the names that it bears in some layout; names are compared without
case, underscores and brackets, so that `Group UID` and `group_uid` are one.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from app.days import real_day

ESTABLISHMENTS = "establishments"
STATE_FUNDED = "establishments.state_funded"
ACADEMIES = "establishments.academies"
CHILDRENS_CENTRES = "establishments.childrens_centres"
GROUP_LINKS = "group_links"
ALL_LINKS = "all_links"
GROUPS = "groups"
SCHOOL_LINKS = "school_links"
LOCAL_AUTHORITIES = "local_authorities"

_DATE_IN_NAME = re.compile(r"(?<!\d)(\d{4})(\d{2})(\d{2})(?!\d)")
_DOWNLOAD = re.compile(r"([a-z_]+)(\d{8})\.csv")


class NotARegisterFile(ValueError):
    """The file is not what it claims, or nothing that is imported. Nothing of it is loaded."""


@dataclass(frozen=True)
class Layout:
    """`columns` gives, for each field, the names that its column may bear."""

    code: str
    family: str
    title: str
    columns: Mapping[str, tuple[str, ...]]
    required: frozenset[str]


ESTABLISHMENT_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "urn": ("urn",),
        "name": ("establishmentname",),
        "type_code": ("typeofestablishment code", "typeofestablishmentid"),
        "type_name": ("typeofestablishment name", "typeofestablishmentname"),
        "status_code": ("establishmentstatus code", "establishmentstatusid"),
        "status_name": ("establishmentstatus name", "establishmentstatusname"),
        "opened_on": ("opendate",),
        "closed_on": ("closedate",),
        "la_code": ("la code", "laid"),
        "la_name": ("la name", "laname"),
        "diocese_code": ("diocese code", "dioceseid"),
        "diocese_name": ("diocese name",),
        "trust_flag": ("trustschoolflag code", "trustschoolflagid"),
        "trust_uid": ("trusts code", "trustid"),
        "trust_name": ("trusts name", "trustname"),
        "phase_code": ("phaseofeducation code", "phaseofeducationid"),
        "phase_name": ("phaseofeducation name", "phaseofeducationname"),
        "low_age": ("statutorylowage", "agerangelow"),
        "high_age": ("statutoryhighage", "agerangehigh"),
        "ukprn": ("ukprn",),
        "establishment_number": ("establishmentnumber",),
        "region_code": ("gor code", "regionid"),
        "street": ("street",),
        "locality": ("locality",),
        "address3": ("address3",),
        "county": ("county name", "county"),
        "town": ("town",),
        "postcode": ("postcode",),
    }
)

_GROUP_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "uid": ("group uid", "linked uid"),
        "group_id": ("group id",),
        "name": ("group name",),
        "companies_house_number": ("companies house number",),
        "type_code": ("group type code",),
        "type_name": ("group type",),
        "closed_on": ("closed date",),
        "opened_on": ("open date", "incorporated on open date"),
        "status_code": ("group status code",),
        "status_name": ("group status",),
    }
)

_LINK_COLUMNS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        **_GROUP_COLUMNS,
        "urn": ("urn", "academy urn", "establishment urn"),
        "joined_on": ("joined date",),
        "school_name": ("establishmentname", "trust academy establishment name"),
        "school_type_code": ("typeofestablishment code",),
        "school_type_name": ("typeofestablishment name",),
        "phase_code": ("phaseofeducation code",),
        "phase_name": ("phaseofeducation name",),
        "la_code": ("la code",),
        "la_name": ("la name",),
    }
)

LAYOUTS: Sequence[Layout] = (
    Layout(
        "group_links",
        GROUP_LINKS,
        "group links",
        _LINK_COLUMNS,
        frozenset({"urn", "linked uid", "group name", "group type", "joined date"}),
    ),
    Layout(
        "all_links",
        ALL_LINKS,
        "group links",
        _LINK_COLUMNS,
        frozenset({"group uid", "group name", "group type", "joined date"}),
    ),
    Layout(
        "groups",
        GROUPS,
        "groups",
        {
            **_GROUP_COLUMNS,
            "ukprn": ("ukprn",),
            "street": ("group street",),
            "locality": ("group locality",),
            "address3": ("group address 3",),
            "county": ("group county",),
            "town": ("group town",),
            "postcode": ("group postcode",),
        },
        frozenset({"group uid", "group name", "group type", "group status"}),
    ),
    Layout(
        "school_links",
        SCHOOL_LINKS,
        "predecessors and successors",
        {
            "urn": ("urn",),
            "link_urn": ("linkurn",),
            "link_type": ("linktype",),
            "established_on": ("linkestablisheddate",),
        },
        frozenset({"urn", "linkurn", "linktype", "linkestablisheddate"}),
    ),
    Layout(
        "establishments",
        ESTABLISHMENTS,
        "establishments",
        ESTABLISHMENT_COLUMNS,
        frozenset({"urn", "establishmentname"}),
    ),
    Layout(
        "local_authorities",
        LOCAL_AUTHORITIES,
        "local authorities",
        {"la_code": ("la code",), "la_name": ("la name",)},
        frozenset({"la code", "la name"}),
    ),
)

_NEEDED_OF_ESTABLISHMENTS = (
    frozenset({"typeofestablishment code", "typeofestablishmentid", "typeofestablishment name"}),
    frozenset({"establishmentstatus code", "establishmentstatusid", "establishmentstatus name"}),
    frozenset({"la code", "laid"}),
)

_REFERENCE = "is {}. It is reference data for checks, not a register file, and is not imported."

_REFUSED: Sequence[tuple[frozenset[str], str]] = (
    (
        frozenset({"urn", "laestab", "schname", "nftype"}),
        _REFERENCE.format("the performance tables' list of schools (England spine)"),
    ),
    (
        frozenset({"urn", "name", "lead school", "open date", "close date"}),
        _REFERENCE.format("a list of school names"),
    ),
    (
        frozenset({"gid", "role"}),
        "is a list of governors. It holds personal data and is not imported.",
    ),
)

DOWNLOADS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "edubasealldata": ("establishments", ESTABLISHMENTS),
        "edubaseallstatefunded": ("establishments", STATE_FUNDED),
        "edubaseallacademiesandfree": ("establishments", ACADEMIES),
        "edubaseallchildrencentre": ("establishments", CHILDRENS_CENTRES),
        "grouplinks_edubaseallacademiesandfree": ("group_links", GROUP_LINKS),
        "alllinksdata": ("all_links", ALL_LINKS),
        "allgroupsdata": ("groups", GROUPS),
        "links_edubasealldata": ("school_links", SCHOOL_LINKS),
    }
)
"""Names of the register's downloads, each with its layout and what it is complete of."""


@dataclass(frozen=True)
class FileNameFacts:
    """Claims of a file's name: its date, and whether it is a whole download, and of what."""

    stated_on: date | None
    download: str | None


def facts_of_file_name(file_name: str) -> FileNameFacts:
    """Return what a file's name says of its date and completeness."""
    download = _DOWNLOAD.fullmatch(file_name)
    whole = download[1] if download and download[1] in DOWNLOADS else None
    for found in _DATE_IN_NAME.finditer(file_name):
        try:
            return FileNameFacts(real_day(int(found[1]), int(found[2]), int(found[3])), whole)
        except ValueError:
            continue
    return FileNameFacts(None, None)


def plain_header(cell: str) -> str:
    """Return a heading of lower-case letters and digits, with single spaces."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", cell.casefold()).split())


def layout_of(header: Sequence[str], file_name: str) -> Layout:
    """Return the layout with this header. Raises NotARegisterFile with a sentence."""
    names = {plain_header(cell) for cell in header}
    for needed, sentence in _REFUSED:
        if needed <= names:
            raise NotARegisterFile(f"{file_name} {sentence}")
    layout = next((each for each in LAYOUTS if each.required <= names), None)
    if layout is None:
        raise NotARegisterFile(
            f"The first line of {file_name} is not the header of any register file."
        )
    if layout.code == "establishments" and not all(
        names & choice for choice in _NEEDED_OF_ESTABLISHMENTS
    ):
        raise NotARegisterFile(
            f"{file_name} lists establishments without their type, status or local authority."
        )
    if layout.code == "all_links" and not names & {"urn", "academy urn", "establishment urn"}:
        raise NotARegisterFile(f"{file_name} lists links of groups without the schools' URN.")
    claimed = DOWNLOADS.get(facts_of_file_name(file_name).download or "")
    if claimed and claimed[0] != layout.code:
        raise NotARegisterFile(
            f"{file_name} is not what its name claims: its first line is that of {layout.title}."
        )
    return layout


def family_of(layout: Layout, file_name: str) -> str:
    """Return the family, whose files continue each other.

    A file that is complete of less is one of its own.
    """
    download = facts_of_file_name(file_name).download
    return DOWNLOADS[download][1] if download else layout.family


def positions(layout: Layout, header: Sequence[str]) -> dict[str, tuple[int, ...]]:
    """Return the places of each field's columns, in their order."""
    at: dict[str, int] = {}
    for place, cell in enumerate(header):
        at.setdefault(plain_header(cell), place)
    return {
        field: tuple(at[name] for name in names if name in at)
        for field, names in layout.columns.items()
    }
