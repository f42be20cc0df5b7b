"""The rule of small numbers: no answer, and no two of them, tell of fewer than five pupils."""

import csv
import io
import itertools
import re

import pytest

from examples.school_performance import results
from examples.school_performance.results import ITEMS, NOT_SHOWN, Pupil
from examples.school_performance.sensitive import SENSITIVE, Query
from tests.examples.stand_in import Browser, World

YEAR = "2026"
QUESTIONS = [
    Query(columns, filters, sort, group)
    for item in sorted(SENSITIVE)
    for columns in ((item,), ("year", item))
    for filters in ((), (("year", YEAR),), ((item, "Yes"),))
    for sort in ("", "year", item)
    for group in ("", "year", item)
]
"""All that the pages offer about a sensitive item."""


def pupil(number: int, *, yes: bool) -> Pupil:
    marks = dict.fromkeys(("reading", "writing", "maths"), "100")
    flags = dict.fromkeys(SENSITIVE, "Yes" if yes else "No")
    return {"year": YEAR, "pupil": f"Pupil {number}", "gender": "Girl", **marks, **flags}


def pupils(yes: int, no: int, first: int = 0) -> list[Pupil]:
    return [pupil(first + n, yes=n < yes) for n in range(yes + no)]


def flipped(rows: list[Pupil], numbers: range) -> list[Pupil]:
    return [
        pupil(n, yes=(row["fsm"] == "No") if n in numbers else row["fsm"] == "Yes")
        for n, row in enumerate(rows)
    ]


FIRST = pupils(yes=10, no=20)
SMALL = {1, 2, 3, 4}
PAIRS = [
    *(
        (f"{yes} with and {no} without come", [*FIRST, *pupils(yes, no, 100)], {yes, no})
        for yes, no in itertools.product(range(7), repeat=2)
        if 1 <= yes + no <= 6
    ),
    *(
        (f"{yes} with and {no} without leave", [*FIRST[yes : 30 - no]], {yes, no})
        for yes, no in itertools.product(range(7), repeat=2)
        if 1 <= yes + no <= 6 and 10 - yes not in SMALL
    ),
    *(
        (f"{yes} lose and {no} get it", flipped(FIRST, range(10 - yes, 10 + no)), {yes, no})
        for yes, no in itertools.product(range(7), repeat=2)
        if 1 <= yes + no <= 6 and 10 - yes + no not in SMALL
    ),
]


def ask(rows: list[Pupil], query: Query, *arrived: list[Pupil]) -> list[list[str]]:
    return results.answer(rows, query, names=True, arrived=arrived)


@pytest.mark.parametrize(
    ("second", "differences"), [pair[1:] for pair in PAIRS], ids=[pair[0] for pair in PAIRS]
)
def test_second_upload_is_answered_only_where_it_tells_five_pupils_or_none_apart(
    second: list[Pupil], differences: set[int]
) -> None:
    for query in QUESTIONS:
        before, own = ask(FIRST, query, FIRST), ask(second, query, second)
        after = ask(second, query, FIRST, second)
        assert after == (before if differences & SMALL else own)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_answers_are_the_same_whatever_holds_for_fewer_than_five_newcomers(number: int) -> None:
    """All names and all answers to all questions together tell nothing of the newcomers."""
    answers = set()
    for yes in range(number + 1):
        second = [*FIRST, *pupils(yes, number - yes, 100)]
        earlier = [ask(FIRST, query, FIRST) for query in QUESTIONS]
        later = [ask(second, query, FIRST, second) for query in QUESTIONS]
        answers.add(str((earlier, later)))
    assert len(answers) == 1


@pytest.mark.parametrize(("yes", "no"), list(itertools.product(range(7), repeat=2)))
def test_group_and_complement_hold_none_or_five_pupils(yes: int, no: int) -> None:
    rows = pupils(yes, no)
    header, *answered = ask(rows, Query(("fsm",)), rows)
    assert header == ["year", "pupils", "fsm"]
    if not rows:
        assert answered == []
    elif {yes, no} & SMALL:
        assert answered == [[YEAR, NOT_SHOWN, NOT_SHOWN]]
    else:
        assert answered == [[YEAR, str(yes + no), str(yes)]]


def test_hidden_number_is_not_shown_by_a_filter() -> None:
    rows = pupils(3, 20)
    for value in ("Yes", "No"):
        table = ask(rows, Query(("fsm",), (("fsm", value),)), rows)
        assert table[1:] == [[YEAR, NOT_SHOWN, NOT_SHOWN]]
    assert ask(rows, Query(("fsm",), (("year", "2024"),)), rows)[1:] == []


def test_upload_is_compared_with_every_number_that_was_shown() -> None:
    """Ten newcomers, then one of them less: near the second upload, far from the first."""
    second = [*FIRST, *pupils(5, 5, 100)]
    third = second[:-1]
    (shown,) = ask(third, Query(("fsm",)), FIRST, second, third)[1:]
    assert shown == [YEAR, "40", "15"]


def test_made_up_schools_show_no_small_number() -> None:
    for urn, item in itertools.product(range(100001, 100031), sorted(SENSITIVE)):
        rows = results.pupils_of(str(urn), [])
        for _, total, yes in ask(rows, Query((item,)), rows)[1:]:
            if yes != NOT_SHOWN:
                assert not {int(yes), int(total) - int(yes)} & SMALL


def send(person: Browser, rows: list[Pupil]) -> str:
    """Upload the rows and return the upload's number."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(ITEMS))
    writer.writeheader()
    writer.writerows(rows)
    file = (io.BytesIO(text.getvalue().encode()), "results.csv")
    answer = person.post("/schools/100001/upload", file=file)
    return str(answer.location).partition("upload=")[2]


def shown_in(world: World, asked: str) -> set[str]:
    """The numbers of 2026 in every place that shows any."""
    person = world.browser
    found = set()
    for place in ("", "/print"):
        page = person.text(f"/schools/100001{place}?{asked}")
        found |= set(re.findall(rf"<td>{YEAR}</td><td>([^<]*)</td><td>([^<]*)</td>", page))
    table = list(csv.reader(io.StringIO(person.text(f"/schools/100001/csv?{asked}"))))
    token = world.op.access_token()
    api = person.api(f"/api/schools/100001?{asked}", token).get_json()["rows"]
    found |= {(row[1], row[2]) for row in (*table, *api) if row[0] == YEAR}
    return {"/".join(each) for each in found}


def test_pages_print_file_and_api_show_the_same_number(world: World) -> None:
    world.browser.sign_in()
    second = [*FIRST, pupil(99, yes=True)]
    for rows in (FIRST, second, FIRST, second):
        number = send(world.browser, rows)
        assert shown_in(world, "column=fsm") == {"30/10"}
        assert shown_in(world, f"column=fsm&upload={number}") == {"30/10"}
        assert shown_in(world, "column=fsm&filter=fsm:Yes") == {"10/10"}
    send(world.browser, pupils(yes=20, no=20, first=200))
    assert shown_in(world, "column=fsm") == {"40/20"}


def test_upload_sent_again_changes_no_number_that_was_shown(world: World) -> None:
    """Its place in the order is that of its first arrival."""
    world.browser.sign_in()
    send(world.browser, FIRST)
    second = send(world.browser, [*FIRST, pupil(99, yes=True)])
    send(world.browser, FIRST)
    assert shown_in(world, f"column=fsm&upload={second}") == {"30/10"}
