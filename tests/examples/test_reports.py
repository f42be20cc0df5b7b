"""Pages of the example for each kind of person, and their refusals."""

import csv
import io
import re

import pytest

from examples.school_performance import results
from examples.school_performance.sensitive import Query
from tests.examples.stand_in import NAMED, REMIT, Browser, StandIn, World, access

EVERY_ROUTE = {
    "/schools/100001/print": "print_reports",
    "/schools/100001/csv": "download_pupil_data",
    "/downloads": "download_pupil_data",
    "/schools/100001/upload": "upload_data",
}
UPLOAD = f"{','.join(results.ITEMS)}\n2026,Ada Example,Girl,100,101,102,No,No\n".encode()
FULL_NAME = re.compile(r"<td>[A-Z][a-z]+ [A-Z][\w']+</td>")
INITIALS = re.compile(r"<td>[A-Z]\. [A-Z]\.</td>")


def test_list_shows_names_with_the_capability(person: Browser) -> None:
    assert FULL_NAME.search(person.text("/schools/100001"))


@pytest.mark.parametrize("place", ["/schools/100001", "/schools/100001/print"])
def test_list_shows_initials_without_the_capability(world: World, op: StandIn, place: str) -> None:
    op.claims = access(["print_reports"])
    world.browser.sign_in()
    page = world.browser.text(place)
    assert INITIALS.search(page)
    assert not FULL_NAME.search(page)


def test_rights_follow_capabilities_and_not_the_user_group(world: World, op: StandIn) -> None:
    op.claims = access([]) | {"user_group": {"code": "Super_User", "name": "Super User"}}
    world.browser.sign_in()
    assert not FULL_NAME.search(world.browser.text("/schools/100001"))
    assert world.browser.get("/schools/100001/csv").status_code == 403


@pytest.mark.parametrize(("path", "capability"), EVERY_ROUTE.items())
def test_missing_capability_is_refused_with_reason_and_approvers(
    world: World, op: StandIn, path: str, capability: str
) -> None:
    op.claims = access([each for each in NAMED if each != capability])
    world.browser.sign_in()
    answer = world.browser.get(path)
    assert answer.status_code == 403
    assert f"does not let you {capability.replace('_', ' ')}" in answer.text
    assert "ask an approver at Ashfield Primary School" in answer.text


def test_upload_without_the_capability_stores_nothing(world: World, op: StandIn) -> None:
    op.claims = access([each for each in NAMED if each != "upload_data"])
    world.browser.sign_in()
    file = (io.BytesIO(b"x"), "r.csv")
    assert world.browser.post("/schools/100001/upload", file=file).status_code == 403


@pytest.mark.parametrize("path", [path for path in EVERY_ROUTE if "1000" in path])
def test_school_outside_the_remit_is_refused_on_every_route(person: Browser, path: str) -> None:
    answer = person.get(path.replace("100001", "100002"))
    assert answer.status_code == 403
    assert "School 100002 is not among the 1 schools that you may see" in answer.text


def test_school_that_does_not_exist_is_answered_like_one_outside_the_remit(
    person: Browser,
) -> None:
    one, other = person.text("/schools/100002"), person.text("/schools/999999")
    assert one.replace("100002", "") == other.replace("999999", "")


def test_pages_offer_permitted_actions_only(world: World, op: StandIn) -> None:
    op.claims = access(["print_reports"])
    world.browser.sign_in()
    page = world.browser.text("/schools/100001")
    assert "Print view" in page
    assert "Download" not in page
    assert "Upload" not in page


def test_results_are_stable_and_differ_between_schools() -> None:
    assert results.pupils_of("100001", []) == results.pupils_of("100001", [])
    assert results.pupils_of("100001", []) != results.pupils_of("100002", [])


def test_list_applies_columns_filters_order_and_groups() -> None:
    pupils = results.pupils_of("100001", [])
    asked = Query(("pupil", "maths"), (("gender", "Girl"), ("year", "2026")), sort="maths")
    header, *rows = results.answer(pupils, asked, names=True)
    assert header == ["pupil", "maths"]
    assert [int(row[1]) for row in rows] == sorted(int(row[1]) for row in rows)
    assert len(rows) == sum(p["gender"] == "Girl" and p["year"] == "2026" for p in pupils)
    header, *rows = results.answer(pupils, Query(("maths",), group="gender"), names=True)
    assert header == ["gender", "pupils", "reading", "writing", "maths"]
    assert sum(int(row[1]) for row in rows) == len(pupils)


def test_list_without_names_refuses_filters_and_order_by_name() -> None:
    pupils = results.pupils_of("100001", [])
    name = pupils[0]["pupil"]
    asked = Query(("year",), filters=(("pupil", name),))
    assert len(results.answer(pupils, asked, names=False)) == 1, "the header alone"
    assert len(results.answer(pupils, asked, names=True)) > 1


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ada O'Neil", "A. O."),
        ("李 明", ". ."),
        ("李明", "李."),
        ("É", "."),
        ("Jo-Ann de Vries", "J. d. V."),
    ],
)
def test_initials_contain_no_whole_name(name: str, shown: str) -> None:
    pupil = dict.fromkeys(results.ITEMS, "1") | {"pupil": name}
    assert results.answer([pupil], Query(("pupil",)), names=False)[1] == [shown]


def test_list_refuses_an_unknown_column_by_name(person: Browser) -> None:
    answer = person.get("/schools/100001?column=religion")
    assert answer.status_code == 400
    assert "There is no column called religion" in answer.text


def test_list_has_chart_and_table_with_the_same_numbers(person: Browser) -> None:
    page = person.text("/schools")
    score = results.averages(results.pupils_of("100001", []))[0]
    assert '<svg class="chart" role="img"' in page
    assert f">{score}</text>" in page
    assert f'<td class="number">{score}</td>' in page


def test_schools_page_is_paged_and_searches_name_and_urn(world: World, op: StandIn) -> None:
    schools = [{"urn": str(200000 + n), "name": f"School {n:03}"} for n in range(40)]
    op.schools = schools
    world.browser.sign_in()
    page = world.browser.text("/schools?page=2")
    assert "Page 2 of 3" in page
    assert "School 015" in page
    assert "School 014" not in page
    assert "School 033" in world.browser.text("/schools?q=200033")
    assert "No school of yours matches" in world.browser.text("/schools?q=zzz")
    assert "School 000" in world.browser.text("/schools?page=-3")
    assert world.browser.get("/schools?page=99999999999999999999").status_code == 200


def test_schools_page_without_schools_names_approvers(world: World, op: StandIn) -> None:
    op.schools = []
    world.browser.sign_in()
    assert "has no school at the moment" in world.browser.text("/schools")


def test_remit_is_fetched_once_for_each_version(world: World, op: StandIn) -> None:
    op.schools = [{"urn": str(200000 + n), "name": f"School {n:03}"} for n in range(3)]
    world.browser.sign_in()
    assert "School 002" in world.browser.text("/schools")
    world.browser.get("/schools/200001")
    assert op.calls.count(REMIT) == 1
    assert op.calls.count("/token") == 2, "the person's and the service's own"
    op.schools.pop()
    world.browser.sign_in()
    assert world.browser.get("/schools/200002").status_code == 403
    assert op.calls.count(REMIT) == 2
    assert op.calls.count("/token") == 3, "the service's own token is kept"


def test_school_that_left_the_remit_is_refused_to_older_tokens(world: World, op: StandIn) -> None:
    old = op.access_token()
    op.schools = [{"urn": "200001", "name": "Birch School"}]
    assert world.browser.api("/api/schools/100001", old).status_code == 403
    assert world.browser.api("/api/schools/200001", old).status_code == 200
    assert world.browser.api("/api/schools/200001", old).status_code == 200
    assert op.calls.count(REMIT) == 3, "asked again, and answered that nothing has changed"


def test_remit_of_several_pages_is_fetched_whole(world: World, op: StandIn) -> None:
    op.schools = [{"urn": str(200000 + n), "name": f"School {n:03}"} for n in range(70)]
    op.page = 30
    world.browser.sign_in()
    assert world.browser.get("/schools/200069").status_code == 200
    assert op.calls.count(REMIT) == 3


def test_api_refuses_a_bound_token_as_bearer_token(world: World, op: StandIn) -> None:
    bound = op.access_token(cnf={"jkt": "x" * 43})
    assert world.browser.api("/api/schools", bound).status_code == 401


def test_token_of_the_service_is_sent_to_the_issuer_only(world: World, op: StandIn) -> None:
    elsewhere = op.remit() | {"address": f"{op.issuer}.evil.example{REMIT}"}
    answer = world.browser.api("/api/schools", op.access_token(remit=elsewhere))
    assert answer.status_code == 401
    assert op.calls.count("/token") == 0


def test_training_shows_made_up_schools_only(world: World, op: StandIn) -> None:
    op.claims = access(["print_reports"]) | {
        "environment": "training",
        "remit": {"kind": "training", "key": None, "count": 0, "version": "0", "schools": []},
    }
    world.browser.sign_in()
    page = world.browser.text("/schools")
    assert "Training environment." in page
    assert "Training School 1" in page
    assert "Ashfield" not in page.partition("<main")[2]
    assert world.browser.get("/schools/T00001").status_code == 200
    assert world.browser.get("/schools/100001").status_code == 403


def test_training_schools_are_hidden_from_others(person: Browser) -> None:
    assert person.get("/schools/T00001").status_code == 403


def test_print_view_has_the_table_and_names_the_person(person: Browser) -> None:
    page = person.text("/schools/100001/print?column=maths")
    assert "For Ada Appleby, Ashfield Primary School" in page
    assert "<th" in page
    assert "<form" not in page


def test_download_is_a_csv_file_and_is_logged(person: Browser) -> None:
    answer = person.get("/schools/100001/csv?column=pupil&column=maths")
    assert answer.mimetype == "text/csv"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="results-100001.csv"'
    header, *rows = csv.reader(io.StringIO(answer.text))
    assert header == ["pupil", "maths"]
    assert len(rows) == len(results.pupils_of("100001", []))
    log = person.text("/downloads")
    assert "<td>Ada Appleby</td>" in log
    assert "<td>pupil, maths</td>" in log


def test_refused_download_is_not_logged(person: Browser) -> None:
    person.get("/schools/100001/csv?column=fsm&column=maths")
    assert "None yet." in person.text("/downloads")


def test_download_log_omits_other_organisations(world: World, op: StandIn) -> None:
    world.browser.sign_in()
    world.browser.get("/schools/100001/csv")
    op.claims["organisation"] = {"id": "org-2", "name": "Elsewhere"}
    world.browser.sign_in()
    assert "None yet." in world.browser.text("/downloads")


def test_unknown_page_is_not_found(person: Browser) -> None:
    answer = person.get("/nowhere")
    assert answer.status_code == 404
    assert "Page not found" in answer.text


def test_links_all_lead_to_a_page_or_a_file(person: Browser) -> None:
    person.post("/schools/100001/upload", file=(io.BytesIO(UPLOAD), "r.csv"))
    seen, waiting = {"/sign-in"}, ["/schools"]
    while waiting:
        page = waiting.pop()
        answer = person.get(page)
        assert answer.status_code == 200, page
        assert answer.mimetype != "application/json", page
        links = re.findall(r'(?:href|action)="(/[^"#]*)"', answer.text)
        new = {link.replace("&amp;", "&") for link in links} - seen - {"/", "/sign-out"}
        seen |= new
        waiting += sorted(new)
    assert {"/schools/100001/upload", "/downloads", "/static/style.css"} <= seen
    assert any("/csv?" in link for link in seen)
    assert any("/print?" in link for link in seen)


def test_print_and_file_links_have_the_parameters_of_the_page(person: Browser) -> None:
    page = person.text("/schools/100001?column=maths&filter=gender:Girl&sort=maths")
    for form in ("print", "csv"):
        link = re.search(rf'href="(/schools/100001/{form}[^"]*)"', page)
        assert link is not None
        for part in ("column=maths", "filter=gender:Girl", "sort=maths"):
            assert part in link[1].replace("%3A", ":")
