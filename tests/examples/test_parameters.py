"""Every parameter of the example's addresses, with values that no page sends."""

import itertools
import re
from urllib.parse import quote

import pytest

from tests.examples.stand_in import Browser, World

VALUES = {
    "empty": "",
    "colon": ":",
    "item without value": "year:",
    "value without item": ":Yes",
    "NUL": "%00",
    "not UTF-8": "%ff%fe",
    "surrogate": "%ed%a0%80",
    "letters": "x",
    "negative": "-1",
    "large number": "9" * 5000,
    "large text": "x" * 50_000,
    "markup": quote("<script>'\"{{7*7}}%s"),
    "line break": "%0d%0aX-Injected:%20yes",
}
PLACES = {
    "/schools": ("q", "page"),
    "/api/schools": ("q", "page"),
    "/schools/100001": ("column", "filter", "sort", "group", "upload"),
    "/schools/100001/print": ("column", "filter", "sort", "group", "upload"),
    "/schools/100001/csv": ("column", "filter", "sort", "group", "upload"),
    "/api/schools/100001": ("column", "filter", "sort", "group", "upload"),
    "/downloads": ("page",),
    "/schools/100001/upload": ("upload",),
    "/": ("iss",),
    "/signed-out": ("state",),
    "/callback": ("iss", "state", "code", "error", "error_description"),
}
CASES = [(place, name) for place, names in PLACES.items() for name in names]


@pytest.mark.parametrize(("place", "name"), CASES)
def test_malformed_parameters_are_answered_or_refused(world: World, place: str, name: str) -> None:
    world.browser.sign_in()
    headers = {"Authorization": f"Bearer {world.op.access_token()}"} if "/api" in place else {}
    for value in VALUES.values():
        for query in (f"{name}={value}", f"{name}={value}&{name}={value}", f"{name}[]={value}"):
            answer = world.browser.get(f"{place}?{query}", headers=headers)
            assert answer.status_code in {200, 302, 303, 400, 403, 414}, (query[:80], answer.status)
            assert "X-Injected" not in answer.headers
            assert answer.mimetype != "text/html" or "<script>'" not in answer.text


@pytest.mark.parametrize(
    ("one", "other"),
    list(itertools.combinations(("column=", "filter=:", "sort=", "group="), 2)),
)
def test_malformed_parameters_together_are_answered_or_refused(
    person: Browser, one: str, other: str
) -> None:
    for first, second in itertools.product(VALUES.values(), repeat=2):
        if len(first + second) < 1000:
            answer = person.get(f"/schools/100001?{one}{first}&{other}{second}")
            assert answer.status_code in {200, 400, 403}


def test_empty_columns_are_ignored(person: Browser) -> None:
    with_column, without = (person.text(f"/schools/100001?{name}=") for name in ("column", "x"))
    assert _without_form_token(with_column) == _without_form_token(without)


def _without_form_token(page: str) -> str:
    """The token changes from second to second."""
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page)


def test_filter_without_a_column_is_refused(person: Browser) -> None:
    assert person.get("/schools/100001?filter=:").status_code == 400


@pytest.mark.parametrize("place", PLACES)
def test_long_address_does_not_hinder_the_sign_in(world: World, place: str) -> None:
    """The address to come back to goes into a cookie, of which browsers keep 4096 bytes."""
    world.browser.get(f"{place}?x={'x' * 50_000}")
    assert world.browser.sign_in().status_code == 302
    assert world.browser.get("/schools").status_code == 200
