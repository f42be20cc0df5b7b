"""The register's codes, and the one closed table that turns names into them.

Sources: the lookups of Get Information About Schools, in whole, types and statuses without any
school today included (DFE-Digital/get-information-about-schools, Edubase.Services/Enums and
establishmentLinks.js); names as its downloads of 2017 to 2026 and the performance tables
(`NFTYPE`) write them.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

ESTABLISHMENT_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "01": "Community school",
        "02": "Voluntary aided school",
        "03": "Voluntary controlled school",
        "05": "Foundation school",
        "06": "City technology college",
        "07": "Community special school",
        "08": "Non-maintained special school",
        "09": "Independent school approved for SEN pupils",
        "10": "Other independent special school",
        "11": "Other independent school",
        "12": "Foundation special school",
        "14": "Pupil referral unit",
        "15": "Local authority nursery school",
        "17": "European schools",
        "18": "Further education",
        "22": "EY setting",
        "23": "Playing for success centres",
        "24": "Secure units",
        "25": "Offshore schools",
        "26": "Service children's education",
        "27": "Miscellaneous",
        "28": "Academy sponsor led",
        "29": "Higher education institutions",
        "30": "Welsh establishment",
        "31": "Sixth form centres",
        "32": "Special post 16 institution",
        "33": "Academy special sponsor led",
        "34": "Academy converter",
        "35": "Free schools",
        "36": "Free schools special",
        "37": "British schools overseas",
        "38": "Free schools alternative provision",
        "39": "Free schools 16 to 19",
        "40": "University technical college",
        "41": "Studio schools",
        "42": "Academy alternative provision converter",
        "43": "Academy alternative provision sponsor led",
        "44": "Academy special converter",
        "45": "Academy 16-19 converter",
        "46": "Academy 16 to 19 sponsor led",
        "47": "Children's centre",
        "48": "Children's centre linked site",
        "49": "Online provider",
        "56": "Institution funded by other government department",
        "57": "Academy secure 16 to 19",
        "98": "Legacy types",
    }
)

MAINTAINED_TYPES = frozenset({"01", "02", "03", "05", "07", "12", "14", "15"})
ACADEMY_TYPES = frozenset(
    {"28", "33", "34", "35", "36", "38", "39", "40", "41", "42", "43", "44", "45", "46", "57"}
)
VOLUNTARY_AIDED = "02"
STATE_FUNDED_TYPES = MAINTAINED_TYPES | ACADEMY_TYPES | {"06", "08"}
"""GIAS `TypeOfEstablishment (code)` in a local authority's remit (docs/decisions/0023)."""

GROUP_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "01": "Federation",
        "02": "Trust",
        "03": "Collegiate",
        "04": "Partnership",
        "05": "School sponsor",
        "06": "Multi-academy trust",
        "07": "Umbrella trust",
        "08": "Children's Centres Group",
        "09": "Children's Centres Collaboration",
        "10": "Single-academy trust",
        "11": "Secure single-academy trust",
    }
)
MULTI_ACADEMY_TRUST = "06"
SINGLE_ACADEMY_TRUST = "10"
TRUST_TYPES = frozenset({MULTI_ACADEMY_TRUST, SINGLE_ACADEMY_TRUST})
"""Group types that give a remit. Not to be confused with DfE Sign-in's category 010."""

TRUST_TYPE_OF_FLAG: Mapping[str, str] = MappingProxyType(
    {"3": MULTI_ACADEMY_TRUST, "5": SINGLE_ACADEMY_TRUST}
)
"""`TrustSchoolFlag`: 3 multi-academy trust, 5 single-academy trust; 1 is a foundation trust."""
NO_TRUST_FLAGS = frozenset({"0", "1", "2"})

OPEN, CLOSED, NOT_YET_OPEN = "1", "2", "4"

STATUSES: Mapping[str, str] = MappingProxyType(
    {
        OPEN: "Open",
        CLOSED: "Closed",
        "3": "Open, but proposed to close",
        NOT_YET_OPEN: "Proposed to open",
        "5": "De-registered as EY setting",
        "6": "Quarantine",
        "7": "Pending approval",
        "8": "Rejected opening",
        "9": "Created in error",
        "10": "Archived",
    }
)
OPEN_STATUSES = frozenset({OPEN, "3"})

STATUS_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        **{code: code for code in ("1", "2", "3", "4")},
        **dict.fromkeys(("5", "6", "8", "9", "10"), CLOSED),
        "7": NOT_YET_OPEN,
    }
)
"""The meaning of a status for access, as one of the four of a school with pupils."""

OPEN_GROUP_STATUSES = frozenset({"OPEN", "PROPOSED_TO_CLOSE"})

PHASES: Mapping[str, str] = MappingProxyType(
    {
        "0": "Not applicable",
        "1": "Nursery",
        "2": "Primary",
        "3": "Middle deemed primary",
        "4": "Secondary",
        "5": "Middle deemed secondary",
        "6": "16 plus",
        "7": "All-through",
    }
)

REGIONS: Mapping[str, str] = MappingProxyType(
    {
        "A": "North East",
        "B": "North West",
        "D": "Yorkshire and the Humber",
        "E": "East Midlands",
        "F": "West Midlands",
        "G": "East of England",
        "H": "London",
        "J": "South East",
        "K": "South West",
        "W": "Wales (pseudo)",
        "Z": "Not Applicable",
    }
)


def _table(codes: Mapping[str, str], other: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    names = {plain_name(name): code for code, name in codes.items()}
    names.update((plain_name(name), code) for name, code in other)
    return MappingProxyType(names)


def plain_name(name: str) -> str:
    """Return a name as the table has it: without case, hyphens and doubled spaces."""
    return " ".join(name.replace("-", " ").replace("’", "'").split()).casefold()


GROUP_TYPE_CODES = _table(GROUP_TYPES, [])

GROUP_STATUS_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "OPEN": OPEN,
        "CLOSED": CLOSED,
        "PROPOSED_TO_OPEN": NOT_YET_OPEN,
        "PROPOSED_TO_CLOSE": "3",
        "CREATED_IN_ERROR": CLOSED,
    }
)
"""The statuses of groups, each with the status of a school that means the same."""

GROUP_STATUS_CODES: Mapping[str, str] = MappingProxyType(
    {
        **{code.casefold(): code for code in GROUP_STATUS_MEANINGS},
        **{code.replace("_", " ").casefold(): code for code in GROUP_STATUS_MEANINGS},
    }
)

STATUS_CODES = _table(STATUSES, [])

PHASE_CODES = _table(PHASES, [])

ESTABLISHMENT_TYPE_CODES = _table(
    ESTABLISHMENT_TYPES,
    [
        ("Academy - Converter mainstream", "34"),
        ("Academy sponsor led mainstream", "28"),
        ("Free school - Mainstream", "35"),
        ("Academy - Converter special school", "44"),
        ("Academy - Sponsor led special school", "33"),
        ("General further education college", "18"),
        ("Sixth form college", "18"),
        ("Agriculture and horticulture college", "18"),
        ("Specialist designated college", "18"),
        ("Art, design and performing art college", "18"),
        ("Free school - Special", "36"),
        ("Free school 16-19", "39"),
        ("Free schools - 16-19", "39"),
        ("Free schools - Alternative Provision", "38"),
        ("Service childrens education", "26"),
        ("Studio school", "41"),
        ("Academy 16-19 sponsor led", "46"),
        ("Academy 16 to 19 converter", "45"),
        ("Sixth form centre/consortia", "31"),
        ("LA nursery school", "15"),
        ("Free schools - 16 to 19", "39"),
    ],
)

PREDECESSOR = "predecessor"
SUCCESSOR = "successor"
OTHER = "other"

LINK_RELATIONS: Mapping[str, str] = MappingProxyType(
    {
        "Predecessor": PREDECESSOR,
        "Predecessor - amalgamated": PREDECESSOR,
        "Predecessor - merged": PREDECESSOR,
        "Predecessor - Split School": PREDECESSOR,
        "Successor": SUCCESSOR,
        "Successor - amalgamated": SUCCESSOR,
        "Successor - merged": SUCCESSOR,
        "Successor - Split School": SUCCESSOR,
        "Result of Amalgamation": SUCCESSOR,
        "Merged - change in age range": OTHER,
        "Merged - expansion in school capacity and changer in age range": OTHER,
        "Merged - expansion of school capacity": OTHER,
        "Sixth Form Centre Link": OTHER,
        "Sixth Form Centre School": OTHER,
        "Closure": OTHER,
        "Expansion": OTHER,
        "Parent": PREDECESSOR,
        "Parent - merged": PREDECESSOR,
        "Parent - Split School": PREDECESSOR,
        "Child": SUCCESSOR,
        "Child - Split School": SUCCESSOR,
        "Children's Centre Link": OTHER,
        "Not applicable": OTHER,
        "Other": OTHER,
    }
)
"""The relation of the linked school to the first one. `Parent` and `Child` are the older names."""

_LINK_TYPES = {plain_name(name): name for name in LINK_RELATIONS}


def link_type(cell: str) -> str:
    """Return the type of a link as the table writes it, or as it is if it is not there."""
    name = " ".join(cell.split())[:80]
    return _LINK_TYPES.get(plain_name(name), name) or "Other"


def link_relation(of_type: str) -> str:
    """Return predecessor, successor or other.

    No access depends on it: unknown types are `OTHER`.
    """
    return LINK_RELATIONS.get(of_type, OTHER)
