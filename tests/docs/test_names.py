"""The check of the names in docstrings, comments and tests."""

import pytest

from tests.docs.names import Names, names_without_subject, unknown_names

NAMES = Names(
    {
        "app/clock.py": "import click\n\n\ndef end_of_day():\n    raise click.BadParameter\n",
        "app/days.py": (
            '"""Days, once read by `OldReader`."""\n\n\nclass NotADate(ValueError):\n    pass\n\n\n'
            "class Reader:\n    def read(self):\n        return environ['wsgi.input']\n"
        ),
        "wsgi.py": "",
        "templates/page.html": "{{ back_link }}",
    }
)


@pytest.mark.parametrize(
    "text",
    [
        "Return the day. Raises NotADay.",
        "Raises NotADate, and OverflowFault\nfor others.",
        "Raises Reader.",
        "A hook that raises Missing.",
        "Rows of an OldReader.",
        "Calls start_of_day.",
        "Calls `start()`.",
        "See `clock.start`.",
        "See `Reader.write()`.",
        "See `weeks.py`.",
    ],
)
def test_unknown_names_finds_a_name_that_no_code_has(text: str) -> None:
    assert len(list(unknown_names(text, NAMES))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Return the day. Raises NotADate, ValueError and\nBadParameter. Others are None.",
        "Raises the driver's errors.\n\nOthers Follow.",
        "    raise NotADate\n\nNothing is stored.",
        "A SameSite cookie, `wsgi.input` and the link back_link.",
        "Calls `end_of_day()`, `app.clock.end_of_day` and `Reader.read`, as `json.dumps` does.",
        "See `days.py`.",
    ],
)
def test_unknown_names_passes_names_of_the_code_and_terms(text: str) -> None:
    assert list(unknown_names(text, NAMES)) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("test_a_code_expires", True),
        ("test_TK_03_and_TK_04_the_code_expires", True),
        ("test_what_was_pushed_wins", True),
        ("test_it_can_refuse", True),
        ("test_token_endpoint_rejects_reused_code", False),
        ("test_TK_03_code_expires_after_a_minute", False),
        ("test_another_browser_sees_no_page", False),
    ],
)
def test_names_without_subject_finds_articles_and_pronouns(name: str, found: bool) -> None:
    assert names_without_subject(f"def {name}() -> None:\n") == ([name] if found else [])
