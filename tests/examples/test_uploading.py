"""Uploaded results: validated row by row, stored once, shown like all others."""

import io

import pytest

from examples.school_performance.results import ITEMS, as_csv, read_upload
from tests.examples.stand_in import BASE_URL, Browser, StandIn, World, access

HEADER = ",".join(ITEMS)
ADA = "2026,Ada Example,Girl,100,101,102,Yes,No"
BEN = "2026,Ben Example,Boy,90,91,92,No,No"


def content(*lines: str) -> bytes:
    return "\n".join([HEADER, *lines]).encode()


def upload(person: Browser, data: bytes, name: str = "results.csv") -> object:
    return person.post("/schools/100001/upload", file=(io.BytesIO(data), name))


def test_upload_is_stored_and_shown(person: Browser) -> None:
    answer = person.post("/schools/100001/upload", file=(io.BytesIO(content(ADA, BEN)), "r.csv"))
    assert answer.location.startswith("/schools/100001?upload=")
    page = person.text(answer.location)
    assert "The upload is stored" in page
    assert "<td>Ada Example</td>" in page
    assert page.count("<tr>") == 3


def test_upload_replaces_the_results_of_its_years_only(person: Browser) -> None:
    upload(person, content(ADA))
    page = person.text("/schools/100001?column=pupil&column=year")
    assert page.count("<td>2026</td>") == 1
    assert page.count("<td>2025</td>") > 1


def test_BU_07_upload_sent_twice_is_kept_once_and_the_newest_counts(person: Browser) -> None:
    for data in (content(ADA), content(BEN), content(ADA), content(ADA)):
        upload(person, data)
    assert "Ada Example" in person.text("/schools/100001")
    assert "Ben Example" not in person.text("/schools/100001")
    assert person.text("/schools/100001/upload").count("?upload=") == 2


def test_upload_shows_initials_without_the_capability_for_names(
    person: Browser, op: StandIn
) -> None:
    upload(person, content(ADA))
    op.claims = access([])
    person.sign_in()
    page = person.text("/schools/100001?filter=year:2026")
    assert "A. E." in page
    assert "Ada Example" not in page


def test_upload_belongs_to_its_school(world: World, op: StandIn) -> None:
    op.schools = [{"urn": "100001", "name": "Ashfield"}, {"urn": "100002", "name": "Birch"}]
    world.browser.sign_in()
    upload(world.browser, content(ADA))
    number = world.browser.text("/schools/100001/upload").partition("?upload=")[2].partition('"')[0]
    assert "Nothing matches." in world.browser.text(f"/schools/100002?upload={number}")
    assert "Ada Example" not in world.browser.text("/schools/100002")


@pytest.mark.parametrize(
    ("line", "mistake"),
    [
        ("2019,Ada,Girl,100,100,100,No,No", "Line 3: year must be 2024, 2025 or 2026."),
        ("2026,,Girl,100,100,100,No,No", "Line 3: pupil must be a name of 1 to 100 characters."),
        ("2026," + "x" * 101 + ",Girl,100,100,100,No,No", "Line 3: pupil must be a name"),
        ("2026,A\x00da,Girl,100,100,100,No,No", "Line 3: pupil must be a name"),
        ("2026,Ada,girl,100,100,100,No,No", "Line 3: gender must be Girl or Boy."),
        (
            "2026,Ada,Girl,79,100,100,No,No",
            "Line 3: reading must be a whole number from 80 to 120.",
        ),
        ("2026,Ada,Girl,100,121,100,No,No", "Line 3: writing must be a whole number"),
        ("2026,Ada,Girl,100,100,9x,No,No", "Line 3: maths must be a whole number"),
        ("2026,Ada,Girl,100,100,１００,No,No", "Line 3: maths must be a whole number"),
        ("2026,Ada,Girl,100,100,100,Maybe,No", "Line 3: fsm must be Yes or No."),
        ("2026,Ada,Girl,100,100,100,No", "Line 3: cla must be Yes or No."),
        ("2026,Ada,Girl,100,100,100,No,No,extra", "Line 3: year must be"),
    ],
)
def test_upload_with_mistakes_names_each_line_and_stores_nothing(
    person: Browser, line: str, mistake: str
) -> None:
    data = content(ADA, line)
    answer = person.post("/schools/100001/upload", file=(io.BytesIO(data), "r.csv"))
    assert mistake in answer.text
    assert "<title>Error: Upload results" in answer.text
    assert "Nothing was stored" in answer.text
    assert "?upload=" not in person.text("/schools/100001/upload")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        HEADER.encode(),
        b"name,result\nAda,100",
        HEADER.replace("cla", "fsm").encode() + b"\n" + ADA.encode(),
        content(ADA).decode().encode("utf-16"),
        HEADER.encode() + b"\n2026,\xff\xfe,Girl,100,100,100,No,No",
        b"PK\x03\x04 a spreadsheet",
        b"<html><body>not a table</body></html>",
        b'"' + b"x" * 200_000,
    ],
)
def test_BU_03_BU_04_file_that_is_no_csv_of_results_is_refused_in_a_sentence(data: bytes) -> None:
    assert read_upload(data) == (
        [],
        [f"Use a CSV file in UTF-8 that begins with {HEADER}."],
    )


def test_BU_03_columns_come_in_any_order_with_byte_order_mark_and_empty_lines() -> None:
    header = ",".join(reversed(HEADER.split(",")))
    line = ",".join(reversed(ADA.split(",")))
    rows, mistakes = read_upload(f"\ufeff{header}\r\n\r\n{line}\r\n".encode())
    assert not mistakes
    assert rows[0]["pupil"] == "Ada Example"


def test_upload_with_many_mistakes_shows_a_short_page(person: Browser) -> None:
    data = content(*["x"] * 500)
    answer = person.post("/schools/100001/upload", file=(io.BytesIO(data), "r.csv"))
    assert "And 3975 more." in answer.text


def test_BU_02_upload_that_is_too_large_is_refused(person: Browser) -> None:
    answer = person.service.post(
        "/schools/100001/upload",
        base_url=BASE_URL,
        data=b"x" * 1_000_001,
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code == 413
    assert "up to 1 megabyte" in answer.text


@pytest.mark.parametrize("columns", [10_000, 90_000])
def test_BU_02_upload_of_thousands_of_columns_is_refused_in_a_sentence(columns: int) -> None:
    assert read_upload(("x," * columns + "x\n").encode())[0] == []


@pytest.mark.parametrize("name", ["../../results.csv", "CON", "x" * 300, "results.exe", "<b>.csv"])
def test_BU_04_name_of_an_upload_does_not_matter(person: Browser, name: str) -> None:
    upload(person, content(ADA), name)
    page = person.text("/schools/100001/upload")
    assert "<b>.csv" not in page
    assert page.count("?upload=") == 1


@pytest.mark.parametrize(
    "body",
    [
        b"".join(
            b'--x\r\nContent-Disposition: form-data; name="a%d"\r\n\r\n1\r\n' % number
            for number in range(10_000)
        )
        + b"--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n1',
        b"--x\r\nContent-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n\r\n--y--\r\n--x--\r\n",
    ],
    ids=["thousands of parts", "no end", "nested"],
)
def test_BU_09_malformed_multipart_upload_is_refused(person: Browser, body: bytes) -> None:
    answer = person.service.post(
        "/schools/100001/upload",
        base_url=BASE_URL,
        data=body,
        content_type="multipart/form-data; boundary=x",
    )
    assert answer.status_code in {400, 413}
    assert "?upload=" not in person.text("/schools/100001/upload")


def test_upload_without_a_file_shows_an_error(person: Browser) -> None:
    assert person.post("/schools/100001/upload").status_code == 400


def test_upload_of_the_example_file_is_accepted(person: Browser) -> None:
    example = person.get("/static/example-upload.csv").data
    assert read_upload(example)[1] == []


@pytest.mark.parametrize("risky", ["=1+1", "+1", "-1", "@SUM(A1)", "|cmd", "\tx", "\rx"])
def test_BU_01_cell_never_becomes_a_formula(risky: str) -> None:
    assert as_csv([["pupil"], [risky]]).splitlines()[1].strip('"').startswith("'")


def test_cell_that_is_no_formula_is_unchanged() -> None:
    assert as_csv([["pupil"], ["O'Neil, Ada"], ["100"]]) == 'pupil\r\n"O\'Neil, Ada"\r\n100\r\n'
