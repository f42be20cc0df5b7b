"""A made-up country of 50,000 schools, for measurement and for made-up populations.

About as many open, closed, maintained and independent schools as the real register has. Codes lie
outside the real ones': URNs from 800001, UIDs from 80001, authorities 501 to 652.
"""

from datetime import date
from random import Random

from approvals.organisations.made_up import words
from approvals.organisations.made_up.world import Group, Lineage, School, Since, Stay, World

SNAPSHOT = date(2018, 2, 1)
SCHOOLS = 50_000
AUTHORITIES = 152
DIOCESES = 40
MULTI_ACADEMY_TRUSTS = 1_385
SINGLE_ACADEMY_TRUSTS = 1_500

_FIRST_DAY = date(1950, 9, 1)
_REGIONS = "ABDEFGHJK"
_SHARE = {
    "01": 14_000, "02": 6_400, "03": 4_600, "05": 1_900, "06": 4, "07": 1_500, "08": 90,
    "10": 900, "11": 4_900, "12": 140, "14": 700, "15": 560, "18": 500, "24": 30, "26": 60,
    "27": 300, "28": 2_600, "29": 200, "30": 2_300, "31": 40, "32": 100, "33": 110, "34": 5_900,
    "35": 480, "36": 50, "37": 120, "38": 60, "39": 40, "40": 70, "41": 60, "42": 80, "43": 50,
    "44": 290, "45": 30, "46": 3, "56": 20,
}  # fmt: skip
_STILL_OPEN = {"28": 0.97, "34": 0.99, "35": 0.97, "44": 0.99, "11": 0.45, "30": 0.7}
_IN_TRUSTS = frozenset({"28", "33", "34", "35", "36", "38", "39", "40", "41", "42", "43", "44"})


def nation(schools: int = SCHOOLS) -> World:
    """The country, the same each time; with fewer schools, a smaller one of the same make."""
    chance = Random(1988)
    world = World(
        authorities={str(501 + place): words.town(chance) for place in range(AUTHORITIES)},
        dioceses={
            f"{church}{51 + place}": f"Diocese of {words.town(chance)}"
            for church in ("CE", "RC")
            for place in range(DIOCESES // 2)
        },
        schools=[],
        groups=_groups(chance),
    )
    types = list(_SHARE)
    weights = list(_SHARE.values())
    many = [uid for uid, group in world.groups.items() if group.type_code == "06"]
    single = [uid for uid, group in world.groups.items() if group.type_code == "10"]
    for type_code in chance.choices(types, weights, k=schools):
        world.schools.append(_school(world, chance, type_code, many, single))
    _link(world, chance)
    return world


def _groups(chance: Random) -> dict[str, Group]:
    groups: dict[str, Group] = {}
    for place in range(MULTI_ACADEMY_TRUSTS + SINGLE_ACADEMY_TRUSTS):
        uid = str(80001 + place)
        multi = place < MULTI_ACADEMY_TRUSTS
        ending = "Learning Trust" if multi else "Academy Trust"
        groups[uid] = Group(
            uid,
            f"{words.town(chance)} {ending}",
            "06" if multi else "10",
            date(2011, 4, 1),
            None,
            f"TR{80001 + place}",
            f"{8_000_001 + place:08}",
            str(18_000_000 + place),
        )
    return groups


def _school(
    world: World, chance: Random, type_code: str, many: list[str], single: list[str]
) -> School:
    place = len(world.schools)
    phase = words.phase(chance, type_code)
    church = words.church(chance, type_code)
    town = words.town(chance)
    is_open = chance.random() < _STILL_OPEN.get(type_code, 0.55)
    opened = date(chance.randint(1950, 2009), 9, 1)
    school = School(
        urn=str(800001 + place),
        number=str(1000 + place % 8999),
        name=[Since(_FIRST_DAY, words.school_name(chance, type_code, phase, church, town))],
        type_code=type_code,
        authority=[Since(_FIRST_DAY, str(501 + chance.randrange(AUTHORITIES)))],
        diocese=[Since(_FIRST_DAY, _diocese(chance, church))],
        opened=opened,
        closed=None if is_open else date(chance.randint(2010, 2017), 8, 31),
        phase=phase,
        ages=words.ages(phase),
        town=town,
        street=f"{chance.randint(1, 200)} {words.street(chance)}",
        postcode=words.postcode(chance, "QQ"),
        region=chance.choice(_REGIONS),
        ukprn=str(17_000_000 + place),
    )
    if type_code in _IN_TRUSTS and chance.random() < 0.9:
        joined = date(chance.randint(2012, 2017), chance.choice((1, 4, 9)), 1)
        school.opened = joined
        school.closed = None
        alone = single and type_code == "34" and chance.random() < 0.2
        school.stays = [Stay(single.pop() if alone else chance.choice(many), joined)]
    return school


def _diocese(chance: Random, church: str | None) -> str:
    return f"{church}{51 + chance.randrange(DIOCESES // 2)}" if church else "0000"


def _link(world: World, chance: Random) -> None:
    """Closed schools have successors among the open academies."""
    closed = [school for school in world.schools if school.closed]
    academies = [school for school in world.schools if school.stays]
    for old, new in zip(closed, chance.sample(academies, len(academies)), strict=False):
        world.lineage += [
            Lineage(old.urn, new.urn, "Successor", new.opened),
            Lineage(new.urn, old.urn, "Predecessor", new.opened),
        ]
