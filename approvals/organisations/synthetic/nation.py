"""A made-up country of 50,000 schools, for measurement and for made-up populations.

About as many schools of each type, open and closed, as the register had in February 2018, and
trusts of about its sizes. Codes lie outside the real ones': URNs from 800001, UIDs from 80001,
authorities 501 to 652, dioceses CE51 to CE70 and RC51 to RC70.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import chain, cycle, islice
from random import Random

from approvals.organisations.register import codes
from approvals.organisations.synthetic import words
from approvals.organisations.synthetic.world import (
    Lineage,
    Since,
    Stay,
    SyntheticGroup,
    SyntheticSchool,
    World,
)

SNAPSHOT = date(2018, 2, 1)
SCHOOLS = 50_000
AUTHORITIES = 152
DIOCESES = 40

_FIRST_DAY = date(1950, 9, 1)
_REGIONS = "ABDEFGHJK"
_OPEN = {
    "01": 6_500, "02": 3_000, "03": 1_850, "05": 900, "06": 3, "07": 560, "08": 60, "10": 480,
    "11": 1_850, "12": 90, "14": 250, "15": 400, "18": 290, "24": 16, "26": 20, "27": 130,
    "28": 2_010, "29": 130, "30": 1_560, "31": 17, "32": 60, "33": 50, "34": 4_890, "35": 305,
    "36": 30, "37": 110, "38": 40, "39": 22, "40": 48, "41": 33, "42": 57, "43": 23, "44": 213,
    "45": 23, "46": 1, "56": 6,
}  # fmt: skip
_OPENING = {"28": 20, "34": 60, "35": 43}
_CLOSED = {
    "01": 10_700, "02": 3_100, "03": 3_000, "05": 1_300, "07": 900, "08": 40, "10": 300,
    "11": 2_280, "12": 60, "14": 500, "15": 300, "18": 250, "24": 14, "27": 120, "28": 90,
    "29": 60, "30": 740, "31": 13, "34": 40, "35": 10, "37": 17, "40": 6, "41": 10,
}  # fmt: skip
_GROUPS = (
    (codes.MULTI_ACADEMY_TRUST, 1_385, "Learning Trust", "TR"),
    (codes.SINGLE_ACADEMY_TRUST, 1_500, "Academy Trust", "TR"),
    ("05", 851, "Learning Trust", "SP"),
    ("02", 150, "Co-operative Trust", ""),
)
"""Type, how many in a whole country, ending of the name, beginning of the Group ID."""
_TO_CLOSE = 0.006
_WITHOUT_TRUST = 0.002


def nation(schools: int = SCHOOLS) -> World:
    """Return the country, the same each time; with fewer schools, a smaller one."""
    chance = Random(1988)
    world = World(
        authorities={str(501 + place): words.town(chance) for place in range(AUTHORITIES)},
        dioceses={
            f"{church}{51 + place}": f"Diocese of {words.town(chance)}"
            for church in ("CE", "RC")
            for place in range(DIOCESES // 2)
        },
        schools=[],
        groups=_groups(chance, schools / SCHOOLS),
    )
    everything = [
        (type_code, status)
        for status, numbers in (("1", _OPEN), ("2", _CLOSED), ("4", _OPENING))
        for type_code, number in numbers.items()
        for _ in range(number)
    ]
    chance.shuffle(everything)
    numbers: Counter[str] = Counter()
    for place, (type_code, status) in enumerate(islice(cycle(everything), schools)):
        world.schools.append(_school(place, chance, type_code, status, numbers))
    _join(world, chance)
    _link(world)
    return world


def _groups(chance: Random, scale: float) -> dict[str, SyntheticGroup]:
    groups: dict[str, SyntheticGroup] = {}
    for type_code, number, ending, prefix in _GROUPS:
        for _ in range(max(1, round(number * scale))):
            place = len(groups)
            uid = str(80_001 + place)
            is_trust = type_code in codes.TRUST_TYPES
            groups[uid] = SyntheticGroup(
                uid,
                f"{words.town(chance)} {ending}",
                type_code,
                date(2011, 4, 1),
                group_id=prefix and f"{prefix}{80001 + place}",
                company=f"{8_000_001 + place:08}" if is_trust else "",
                ukprn=str(18_000_000 + place) if is_trust else "",
            )
    return groups


def _school(
    place: int, chance: Random, type_code: str, status: str, numbers: Counter[str]
) -> SyntheticSchool:
    phase = words.phase(chance, type_code)
    church = words.church(chance, type_code)
    town = words.town(chance)
    authority = chance.randrange(AUTHORITIES)
    code = str(501 + authority)
    numbers[code] += 1
    school = SyntheticSchool(
        urn=str(800_001 + place),
        number=str(1000 + numbers[code]),
        name=[Since(_FIRST_DAY, words.school_name(chance, type_code, phase, church, town))],
        type_code=type_code,
        authority=[Since(_FIRST_DAY, code)],
        diocese=[Since(_FIRST_DAY, _diocese(chance, church))],
        opened=date(chance.randint(1950, 2005), 9, 1),
        closed=date(chance.randint(2006, 2017), 8, 31) if status == "2" else None,
        phase=phase,
        ages=words.ages(phase),
        town=town,
        street=f"{chance.randint(1, 200)} {words.street(chance)}",
        postcode=words.postcode(chance, "QQ"),
        region=_REGIONS[authority % len(_REGIONS)],
        ukprn=str(17_000_000 + place),
    )
    if status == "4":
        school.opened = date(2018, chance.choice((3, 4, 9)), 1)
    elif status == "1" and chance.random() < _TO_CLOSE:
        school.proposed_to_close = date(2017, 9, 1)
    return school


def _diocese(chance: Random, church: str | None) -> str:
    return f"{church}{51 + chance.randrange(DIOCESES // 2)}" if church else "0000"


def _join(world: World, chance: Random) -> None:
    """Put academies into trusts: each single one has its school, the others few or many.

    Sponsored academies and some others have a sponsor besides, some foundation schools a trust
    that is no academy trust.
    """
    of_type = {
        type_code: [each.uid for each in world.groups.values() if each.type_code == type_code]
        for type_code, *_ in _GROUPS
    }
    multi = of_type[codes.MULTI_ACADEMY_TRUST]
    sizes = [chance.paretovariate(1.2) for _ in multi]
    several: Iterator[str] = chain(multi, iter(lambda: chance.choices(multi, sizes)[0], ""))
    single = iter(of_type[codes.SINGLE_ACADEMY_TRUST])
    for school in world.schools:
        if school.type_code == "05" and chance.random() < 0.4:
            school.foundation_trust = chance.choice(of_type["02"])
        if school.type_code not in codes.ACADEMY_TYPES or not school.is_open_on(SNAPSHOT):
            continue
        school.opened = joined = date(chance.randint(2012, 2017), chance.choice((1, 4, 9)), 1)
        if chance.random() < _WITHOUT_TRUST:
            continue
        alone = school.type_code == "34" and chance.random() < 0.35
        uid = next(single, "") if alone else ""
        school.stays = [Stay(uid or next(several), joined)]
        if school.type_code in ("28", "33") or chance.random() < 0.35:
            school.sponsor = chance.choice(of_type["05"])


def _link(world: World) -> None:
    """Link converters to the closed schools whose authorities and numbers they keep."""
    closed = (school for school in world.schools if school.closed)
    converters = (school for school in world.schools if school.stays and school.type_code == "34")
    for old, new in zip(closed, converters, strict=False):
        new.authority, new.number, new.region = old.authority, old.number, old.region
        world.lineage += [
            Lineage(old.urn, new.urn, "Successor", new.opened),
            Lineage(new.urn, old.urn, "Predecessor", new.opened),
        ]
