"""The made-up register: what the project ships is what the generator makes."""

from pathlib import Path

from approvals.organisations.register.codes import ESTABLISHMENT_TYPES
from approvals.organisations.synthetic import World, nation, write_county, write_national

SHIPPED = Path(__file__).resolve().parents[3] / "examples" / "register"


def test_generator_makes_the_shipped_files_again(tmp_path: Path) -> None:
    made = {path.name: path.read_bytes() for path in write_county(tmp_path)}
    shipped = {path.name: path.read_bytes() for path in SHIPPED.glob("*.csv")}
    assert made == shipped


WITHOUT_SCHOOLS = {"09", "17", "22", "23", "98"}
"""Types of the register's list that no school in its downloads has."""


def test_county_is_small_and_has_all_types(county_world: World) -> None:
    assert 110 <= len(county_world.schools) <= 130
    types = {school.type_code for school in county_world.schools}
    assert types == set(ESTABLISHMENT_TYPES) - WITHOUT_SCHOOLS
    assert len(county_world.authorities) == 2
    assert len(county_world.dioceses) == 2
    trusts = [group for group in county_world.groups.values() if group.type_code in ("06", "10")]
    assert len(trusts) == 5


def test_smaller_country_has_the_same_structure(tmp_path: Path) -> None:
    world = nation(500)
    assert len(world.schools) == 500
    assert len({school.urn for school in world.schools}) == 500
    names = {path.name for path in write_national(tmp_path, 500)}
    assert "edubasealldata20180201.csv" in names
