"""How many people held each user group at the end of a day."""

import csv
import json
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from app.database import writing
from app.refusal import RefusalError
from approvals.access_model import loading
from approvals.organisations.models import Organisation
from approvals.reports import chart, formats
from approvals.reports.user_groups import GroupCount, Report, user_groups
from tests.approvals import world as people
from tests.approvals.access_model.test_loading import LIBRARY
from tests.approvals.decision import world
from tests.approvals.world import browser
from tests.identity.walking import Walker

SERVICE = "school_performance"
DAY = date(2026, 3, 10)
MIDNIGHT = datetime(2026, 3, 11, tzinfo=UTC)
LAST_MOMENT = datetime(2026, 3, 10, 23, 59, 59, 999999, tzinfo=UTC)


@pytest.fixture
def elm(app: Flask) -> Organisation:
    world.load_school_performance()
    return world.organisation("Elm School", urn="100001")


def counted(day: date = DAY, service: str = SERVICE) -> dict[str, int]:
    return {line.user_group: line.users for line in user_groups(service, day).lines if line.users}


def test_report_has_every_user_group_in_the_order_of_the_file(elm: Organisation) -> None:
    lines = user_groups(SERVICE, DAY).lines
    assert len(lines) == 15
    assert lines[0] == GroupCount("School Named", 0)
    assert lines[-1] == GroupCount("Training Anon", 0)


def test_report_counts_a_grant_until_its_end(elm: Organisation) -> None:
    ada, bea, cy, di = (world.person(f"{name} Young") for name in ("Ada", "Bea", "Cy", "Di"))
    world.grant(world.member(ada, elm), "School_Named", since=LAST_MOMENT)
    world.grant(world.member(bea, elm), "School_Named", since=MIDNIGHT)
    world.grant(world.member(cy, elm), "School_Named", until=LAST_MOMENT)
    world.grant(world.member(di, elm), "School_Anon", until=MIDNIGHT)
    assert counted() == {"School Named": 1, "School Anon": 1}
    assert counted(date(2026, 3, 9)) == {"School Named": 1, "School Anon": 1}
    assert counted(date(2026, 3, 11)) == {"School Named": 2}


def test_report_counts_only_people_who_had_joined(elm: Organisation) -> None:
    ada, bea = world.person(), world.person("Bea Young")
    world.grant(world.member(ada, elm, joined_at=MIDNIGHT), "School_Named")
    world.grant(world.member(bea, elm, joined_at=None), "School_Named")
    assert counted() == {}
    assert counted(date(2026, 3, 11)) == {"School Named": 1}


def test_report_counts_a_person_once_in_each_group(elm: Organisation) -> None:
    ada, oak = world.person(), world.organisation("Oak School", urn="100002")
    world.grant(world.member(ada, elm), "School_Named")
    world.grant(world.member(ada, oak), "School_Named")
    trust = world.organisation("Ash Trust", "multi_academy_trust", uid="1700")
    world.grant(world.member(ada, trust), "MAT_Anon")
    assert counted() == {"School Named": 1, "MAT Anon": 1}
    assert user_groups(SERVICE, DAY).total == 2


def test_report_counts_each_service_apart(elm: Organisation) -> None:
    loading.load([LIBRARY])
    membership = world.member(world.person(), elm)
    world.grant(membership, "School_Named")
    world.grant(membership, "counter", service="library")
    assert counted() == {"School Named": 1}
    assert counted(service="library") == {"Counter": 1}


def test_report_counts_a_group_that_left_the_file(elm: Organisation) -> None:
    world.grant(world.member(world.person(), elm), "School_Old")
    assert user_groups(SERVICE, DAY).lines[-1] == GroupCount("School_Old", 1)


def test_report_refuses_an_unknown_service(elm: Organisation) -> None:
    with pytest.raises(RefusalError, match="no service with the code nothing"):
        user_groups("nothing", DAY)


REPORT = Report(
    DAY, SERVICE, "School Performance", (GroupCount("School Named", 1200), GroupCount("=1+1", 3))
)


def test_report_json_is_as_documented() -> None:
    assert json.loads(formats.as_json(REPORT)) == {
        "as_of": "2026-03-10",
        "service": SERVICE,
        "user_groups": [
            {"user_group": "School Named", "users": 1200},
            {"user_group": "=1+1", "users": 3},
        ],
        "total": 1203,
    }


def test_report_csv_has_no_formula() -> None:
    assert list(csv.reader(formats.as_csv(REPORT).splitlines())) == [
        ["user_group", "users"],
        ["School Named", "1200"],
        ["'=1+1", "3"],
    ]


def test_report_chart_has_names_and_figures_and_no_script() -> None:
    picture = chart.svg(REPORT).decode()
    assert "School Named" in picture
    assert "1,200" in picture
    assert "http-equiv" not in picture
    assert "src=" not in picture
    assert ".js" not in picture


@pytest.mark.parametrize("form", ["json", "csv", "table"])
def test_report_command_prints_each_format(app: Flask, elm: Organisation, form: str) -> None:
    world.grant(world.member(world.person(), elm), "School_Named")
    result = app.test_cli_runner().invoke(
        args=["report", "user-groups", "--as-of", "2026-03-10", "--format", form]
    )
    assert result.exit_code == 0
    if form == "json":
        assert json.loads(result.output)["total"] == 1
    elif form == "csv":
        assert result.output.splitlines()[:2] == ["user_group,users", "School Named,1"]
    else:
        assert "School Named" in result.output
        assert "Total" in result.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--as-of", "2026-03-10", "--service", "nothing"], "no service with the code nothing"),
        (["--as-of", "yesterday"], "is not a date such as 2026-11-23"),
        (["--as-of", "9999-12-31"], "The year must be from 1000 to 2999"),
        (["--as-of", "2999-12-31"], "31 December 2999 is in the future"),
        (["--as-of", "2026-02-29"], "Enter a real date"),
        (["--as-of", "2026-03-10", "--service", ""], "it is empty"),
        ([], "Missing option '--as-of'"),
    ],
)
def test_report_command_refuses_with_a_sentence(
    app: Flask, elm: Organisation, arguments: list[str], message: str
) -> None:
    result = app.test_cli_runner().invoke(args=["report", "user-groups", *arguments])
    assert result.exit_code != 0
    assert message in result.output


# -------------------------------------------------------------------------------- pages


@pytest.fixture
def olive(app: Flask, elm: Organisation) -> Walker:
    """An operator."""
    return browser(app, people.operator())


def test_report_page_shows_the_table_of_a_day_with_its_chart(
    olive: Walker, elm: Organisation
) -> None:
    world.grant(world.member(world.person(), elm), "School_Named", until=MIDNIGHT)
    today = olive.get("/ops/reports/user-groups")
    assert "School Named 0" in today.text
    page = olive.get("/ops/reports/user-groups?as_of-day=10&as_of-month=3&as_of-year=2026")
    assert "School Performance, 10 March 2026" in page.text
    assert "School Named 1" in page.text
    assert "Total 1" in page.text
    picture = olive.get("/ops/reports/user-groups.svg?as_of=2026-03-10&service=school_performance")
    assert picture.response.mimetype == "image/svg+xml"
    assert "default-src 'none'" in picture.response.headers["Content-Security-Policy"]
    assert "user-groups.svg?service=school_performance&amp;as_of=2026-03-10" in page.html
    assert olive.get(page.link("CSV")).response.text.startswith("user_group,users\nSchool Named,1")
    assert json.loads(olive.get(page.link("JSON")).response.text)["total"] == 1


@pytest.mark.parametrize("day", ["31", "x", ""])
def test_report_page_names_a_date_that_does_not_exist(olive: Walker, day: str) -> None:
    page = olive.get(f"/ops/reports/user-groups?as_of-day={day}&as_of-month=2&as_of-year=2018")
    assert page.status == 200
    assert page.title.startswith("Error: ")
    assert "Enter a real date, such as 16 2 2018" in page.text


def test_report_page_offers_other_services(olive: Walker) -> None:
    assert 'name="service"' not in olive.get("/ops/reports/user-groups").html
    loading.load([LIBRARY])
    page = olive.get("/ops/reports/user-groups?service=library")
    assert "Trust librarian 0" in page.text
    assert olive.get("/ops/reports/user-groups?service=nothing").status == 404


PAGES = [
    "/ops/reports",
    "/ops/reports/user-groups",
    "/ops/reports/user-groups.svg?as_of=2026-03-10",
    "/ops/reports/user-groups.csv?as_of=2026-03-10",
    "/ops/reports/user-groups.json?as_of=2026-03-10",
]


@pytest.mark.parametrize("path", PAGES)
def test_report_pages_are_hidden_from_others_than_operators(
    app: Flask, olive: Walker, path: str
) -> None:
    with writing():
        ada = world.person()
    assert browser(app, ada).get(path).status == 404
    assert olive.get(path).status == 200


def test_report_chart_without_a_day_is_not_found(olive: Walker) -> None:
    assert olive.get("/ops/reports/user-groups.svg").status == 404
