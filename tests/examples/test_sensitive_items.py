"""The rule of sensitive items: over all pairs of columns, in every place, for everybody."""

import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from examples.school_performance.results import ITEMS, NOT_SHOWN
from examples.school_performance.sensitive import SENSITIVE, Query, why_refused
from tests.examples.stand_in import NAMED, StandIn, World, access

PLACES = ("columns", "filter", "sort", "group")
PAIRS = list(itertools.product(ITEMS, ITEMS))


def query(**placed: str) -> Query:
    return Query(
        columns=(placed["columns"],) if "columns" in placed else (),
        filters=((placed["filter"], "Yes"),) if "filter" in placed else (),
        sort=placed.get("sort", ""),
        group=placed.get("group", ""),
    )


def mixed(first: str, second: str) -> bool:
    """Said in other words than the rule's: one is sensitive, the other neither it nor the year."""
    return any(
        one in {"fsm", "cla"} and other not in {one, "year"}
        for one, other in ((first, second), (second, first))
    )


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_sensitive_item_is_combined_with_the_year_only(first: str, second: str) -> None:
    for one_place, other_place in itertools.permutations(PLACES, 2):
        asked = query(**{one_place: first, other_place: second})
        assert bool(why_refused(asked)) == mixed(first, second), (one_place, other_place)
    assert bool(why_refused(Query((first, second)))) == mixed(first, second)
    assert bool(why_refused(Query((first,), ((second, "x"), ("year", "2026"))))) == mixed(
        first, second
    )


items = st.sampled_from(sorted(ITEMS))


@given(
    st.lists(items).map(tuple),
    st.lists(st.tuples(items, st.text())).map(tuple),
    items | st.just(""),
    items | st.just(""),
)
def test_allowed_queries_combine_no_sensitive_item_with_another(
    columns: tuple[str, ...], filters: tuple[tuple[str, str], ...], sort: str, group: str
) -> None:
    asked = Query(columns, filters, sort, group)
    if why_refused(asked) is None:
        used = {*columns, *(item for item, _ in filters), sort, group} - {"", "year"}
        assert not used & SENSITIVE or len(used) == 1


@pytest.fixture
def super_user(world: World) -> World:
    """Holds every capability; the rule holds for him, too."""
    world.op.claims = access(NAMED)
    world.browser.sign_in()
    content = "2026,Ada Example,Girl,100,101,102,Yes,Yes\n"
    csv = (",".join(ITEMS) + "\n" + content).encode()
    assert world.browser.post("/schools/100001/upload", file=(io.BytesIO(csv), "r.csv")).location
    return world


def _places(world: World) -> list[str]:
    upload = world.browser.text("/schools/100001/upload").partition("?upload=")[2].partition('"')[0]
    return [
        "/schools/100001?",
        "/schools/100001/print?",
        "/schools/100001/csv?",
        f"/schools/100001?upload={upload}&",
        f"/schools/100001/csv?upload={upload}&",
    ]


@pytest.mark.parametrize("sensitive", sorted(SENSITIVE))
def test_page_print_file_upload_and_api_refuse_a_mix_of_sensitive_items(
    super_user: World, sensitive: str
) -> None:
    token = super_user.op.access_token()
    for place in _places(super_user):
        for other in sorted(set(ITEMS) - {sensitive, "year"}):
            for asked in (
                f"column={sensitive}&column={other}",
                f"column={sensitive}&filter={other}:Yes",
                f"column={sensitive}&sort={other}",
                f"column={sensitive}&group={other}",
                f"column={other}&filter={sensitive}:Yes",
                f"column={other}&sort={sensitive}",
                f"column={other}&group={sensitive}",
            ):
                assert super_user.browser.get(place + asked).status_code == 403, place + asked
                if place == "/schools/100001?":
                    answer = super_user.browser.api(f"/api/schools/100001?{asked}", token)
                    assert answer.status_code == 403
                    assert "shown alone" in answer.get_json()["error_description"]


def test_default_columns_count_as_requested(super_user: World) -> None:
    assert super_user.browser.get("/schools/100001?filter=fsm:Yes").status_code == 403
    assert super_user.browser.get("/schools/100001?sort=cla").status_code == 403


@pytest.mark.parametrize("asked", ["column=fsm", "column=fsm&column=year", "column=fsm&sort=year"])
def test_sensitive_item_alone_is_answered_by_year(super_user: World, asked: str) -> None:
    table = super_user.browser.api(
        f"/api/schools/100001?{asked}", super_user.op.access_token()
    ).get_json()
    assert table["header"] == ["year", "pupils", "fsm"]
    assert [row[0] for row in table["rows"]] == ["2024", "2025", "2026"]
    assert all(cell == NOT_SHOWN or cell.isdigit() for row in table["rows"] for cell in row[1:])


def test_refusal_of_a_mix_says_that_no_approver_can_help(person: object, world: World) -> None:
    page = world.browser.text("/schools/100001?column=fsm&column=pupil")
    assert "no approver can change it" in page


def test_refusal_of_a_mix_is_independent_of_rights(world: World, op: StandIn) -> None:
    op.claims = access([])
    world.browser.sign_in()
    assert world.browser.get("/schools/100001?column=cla&column=fsm").status_code == 403
    assert world.browser.get("/schools/100001?column=cla").status_code == 200
