"""A small county: two local authorities, five trusts, two dioceses and some 120 schools.

Between the days of its files schools close, convert, merge, change trust, authority, diocese and
name. Codes lie outside the real ones': URNs from 900001, UIDs from 90001, authorities 971 and 972.
"""

from datetime import date, timedelta
from random import Random

from approvals.organisations.synthetic import words
from approvals.organisations.synthetic.world import (
    Lineage,
    Since,
    Stay,
    SyntheticGroup,
    SyntheticSchool,
    World,
)

SNAPSHOTS = (date(2018, 2, 1), date(2018, 10, 1), date(2019, 6, 3), date(2026, 9, 1))
"""Days of the files that the project ships."""

MARLSHIRE, PORT_SELWICK = "971", "972"
ANGLICAN, CATHOLIC = "CE91", "RC91"
LEARNING, SELWICK, OSYTH, HARBOUR, FENWICK = "90001", "90002", "90003", "90004", "90005"
SPONSOR, FEDERATION, FOUNDATION, UMBRELLA = "90006", "90007", "90008", "90009"

_FIRST_DAY = date(1950, 9, 1)
_NUMBERS = {
    "01": 30, "02": 9, "03": 8, "05": 4, "06": 1, "07": 3, "08": 1, "10": 1, "11": 4, "12": 1,
    "14": 2, "15": 2, "18": 1, "24": 1, "25": 1, "26": 1, "27": 1, "28": 7, "29": 1, "30": 1,
    "31": 1, "32": 1, "33": 1, "34": 14, "35": 3, "36": 1, "37": 1, "38": 1, "39": 1, "40": 1,
    "41": 1, "42": 1, "43": 1, "44": 1, "45": 1, "46": 1, "47": 1, "48": 1, "49": 1, "56": 1,
    "57": 1,
}  # fmt: skip
"""How many schools of each type there are to begin with."""
_IN_TRUSTS = frozenset({"28", "33", "34", "35", "36", "38", "42", "43", "44", "45", "46"})
_WITHOUT_AUTHORITY = frozenset({"25", "37"})


def county() -> World:
    """Return the county, the same each time."""
    chance = Random(1971)
    world = World(
        authorities={MARLSHIRE: "Marlshire", PORT_SELWICK: "Port Selwick"},
        dioceses={ANGLICAN: "Diocese of Marlchester", CATHOLIC: "Diocese of Selwick and Marl"},
        schools=[],
        groups=_groups(),
    )
    for type_code, number in _NUMBERS.items():
        for _ in range(number):
            world.schools.append(_school(world, chance, type_code))
    _convert(world, chance)
    _merge(world, chance)
    _move(world)
    _change(world)
    return world


def _groups() -> dict[str, SyntheticGroup]:
    start = date(2011, 4, 7)
    groups = [
        SyntheticGroup(
            LEARNING, "Marlshire Learning Trust", "06", start, None, "TR90001", "09990001"
        ),
        SyntheticGroup(
            SELWICK, "Selwick Academies Trust", "06", start, None, "TR90002", "09990002"
        ),
        SyntheticGroup(
            OSYTH, "St Osyth’s Academies Trust", "06", start, None, "TR90003", "09990003"
        ),
        SyntheticGroup(
            HARBOUR, "Harbour Heights Academy", "10", start, None, "TR90004", "09990004"
        ),
        SyntheticGroup(
            FENWICK, "Fenwick Academy Trust", "10", start, date(2019, 4, 1), "TR90005", "09990005"
        ),
        SyntheticGroup(SPONSOR, "Marlshire Learning Trust", "05", start, None, "SP90006"),
        SyntheticGroup(FEDERATION, "Federation of the Fen Schools", "01", start),
        SyntheticGroup(FOUNDATION, "Selwick Co-operative Learning Trust", "02", start),
        SyntheticGroup(UMBRELLA, "Marl Valley Umbrella Trust", "07", start, None, "UT90009"),
    ]
    for place, group in enumerate(groups):
        group.ukprn = f"1999{place:04}" if group.type_code in ("06", "10") else ""
        group.town, group.postcode = "Marlchester", f"MQ1 {place + 1}AA"
    return {group.uid: group for group in groups}


def _school(world: World, chance: Random, type_code: str) -> SyntheticSchool:
    place = len(world.schools)
    authority = MARLSHIRE if chance.random() < 0.6 else PORT_SELWICK
    phase = words.phase(chance, type_code)
    church = words.church(chance, type_code)
    town = words.town(chance)
    school = SyntheticSchool(
        urn=str(900001 + place),
        number=str(2000 + place),
        name=[Since(_FIRST_DAY, words.school_name(chance, type_code, phase, church, town))],
        type_code=type_code,
        authority=[Since(_FIRST_DAY, "000" if type_code in _WITHOUT_AUTHORITY else authority)],
        diocese=[Since(_FIRST_DAY, {"CE": ANGLICAN, "RC": CATHOLIC}.get(church or "", "0000"))],
        opened=None if chance.random() < 0.5 else date(chance.randint(1950, 2012), 9, 1),
        phase=phase,
        ages=words.ages(phase),
        town=town,
        street=f"{chance.randint(1, 90)} {words.street(chance)}",
        postcode=words.postcode(chance, "MQ" if authority == MARLSHIRE else "PW"),
        ukprn=str(19900000 + place),
    )
    if type_code in _IN_TRUSTS:
        _join_first(school, chance)
    if type_code == "05" and not any(each.foundation_trust for each in world.schools):
        school.foundation_trust = FOUNDATION
    return school


def _join_first(school: SyntheticSchool, chance: Random) -> None:
    """Put nearly every academy into a trust; sponsored ones have a sponsor besides."""
    joined = date(chance.randint(2012, 2016), 9, 1)
    school.opened = joined
    if school.diocese[0].value == CATHOLIC:
        uid = OSYTH
    else:
        uid = chance.choice((LEARNING, LEARNING, SELWICK, OSYTH))
    if chance.random() < 0.95:
        school.stays = [Stay(uid, joined)]
    if school.type_code in ("28", "33") and uid == LEARNING:
        school.sponsor = SPONSOR


def _of_type(world: World, type_code: str) -> list[SyntheticSchool]:
    return [school for school in world.schools if school.type_code == type_code]


def _convert(world: World, chance: Random) -> None:
    """Convert two community schools to academies: a new URN, linked both ways, the number kept."""
    steps = ((0, "34", LEARNING, date(2018, 9, 1)), (1, "28", SELWICK, date(2019, 4, 1)))
    for place, type_code, uid, day in steps:
        old = _of_type(world, "01")[place]
        new = _school(world, chance, type_code)
        new.name = [Since(day, old.name[0].value.replace("School", "Academy"))]
        new.number, new.authority, new.phase = old.number, list(old.authority), old.phase
        new.ages, new.town, new.postcode = old.ages, old.town, old.postcode
        new.street, new.region = old.street, old.region
        new.diocese = [Since(_FIRST_DAY, "0000")]
        new.stays, new.sponsor = [Stay(uid, day)], None
        new.opened, new.listed_from = day, day
        old.closed = day - timedelta(days=1)
        world.schools.append(new)
        world.lineage += [
            Lineage(old.urn, new.urn, "Successor", day),
            Lineage(new.urn, old.urn, "Predecessor", day),
        ]


def _merge(world: World, chance: Random) -> None:
    """Merge two schools, close one for good, and make one chain of links that loops."""
    day = date(2019, 1, 1)
    one, other, lost, first, second = _of_type(world, "01")[2:7]
    new = _school(world, chance, "01")
    new.name = [Since(day, f"{one.town} United Primary School")]
    new.opened, new.listed_from, new.diocese = day, day, [Since(_FIRST_DAY, "0000")]
    new.authority = list(one.authority)
    world.schools.append(new)
    for old in (one, other):
        old.closed = day
        world.lineage += [
            Lineage(old.urn, new.urn, "Successor - merged", day),
            Lineage(new.urn, old.urn, "Predecessor - merged", None),
        ]
    lost.closed = date(2018, 8, 31)
    world.lineage += [
        Lineage(first.urn, second.urn, "Successor", None),
        Lineage(second.urn, first.urn, "Successor", None),
        Lineage(second.urn, first.urn, "Sixth Form Centre Link", None),
    ]


def _move(world: World) -> None:
    """Move schools between trusts; a single-academy trust closes as its school leaves."""
    converters = _of_type(world, "34")
    harbour, fenwick = converters[0], converters[1]
    harbour.stays = [Stay(HARBOUR, date(2012, 9, 1))]
    fenwick.stays = [
        Stay(FENWICK, date(2013, 9, 1), date(2019, 4, 1)),
        Stay(LEARNING, date(2019, 4, 1)),
    ]
    for school, uid, day in (
        (converters[2], SELWICK, date(2018, 9, 1)),
        (converters[3], OSYTH, date(2019, 2, 1)),
        (converters[4], LEARNING, date(2025, 9, 1)),
    ):
        before = school.stays[0] if school.stays else Stay(LEARNING, date(2014, 9, 1))
        if before.uid == uid:
            before = Stay(SELWICK if uid != SELWICK else LEARNING, before.joined)
        school.stays = [Stay(before.uid, before.joined, day), Stay(uid, day)]
    leaver = converters[5]
    stay = leaver.stays[0] if leaver.stays else Stay(SELWICK, date(2014, 9, 1))
    leaver.stays = [Stay(stay.uid, stay.joined, SNAPSHOTS[2])]


def _change(world: World) -> None:
    """Change what the register does not date: authority, diocese, name and other cases.

    A school that is to close, one to open, one long closed, a federation, names that need quotes.
    """
    community = _of_type(world, "01")
    for school in community[7:9]:
        before = school.authority[0].value
        after = PORT_SELWICK if before == MARLSHIRE else MARLSHIRE
        school.authority.append(Since(SNAPSHOTS[2], after))
    aided = _of_type(world, "02")[0]
    before = aided.diocese[0].value
    aided.diocese.append(Since(SNAPSHOTS[1], CATHOLIC if before == ANGLICAN else ANGLICAN))
    renamed = community[9]
    renamed.name.append(Since(SNAPSHOTS[1], f"{renamed.town} Community Primary School"))
    community[10].proposed_to_close = date(2026, 1, 5)
    for school in community[11:14]:
        school.federation = FEDERATION
    one, other = community[14:16]
    one.name = [Since(_FIRST_DAY, "Noël Ashbourne Infants, Nursery and Childcare")]
    other.name = [Since(_FIRST_DAY, 'The "Old Forge" Primary School')]
    other.street = "Flat 1, Mill Road"
    free = _of_type(world, "35")[0]
    free.opened = date(2027, 9, 1)
    free.listed_from = SNAPSHOTS[3]
    free.stays = []
    old = _of_type(world, "11")[0]
    old.opened, old.closed = date(1963, 9, 1), date(2004, 7, 31)
