"""Questions of a service to people who ask for access, from its file to the decider."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from approvals.access_model import loading, schema
from approvals.access_model.loading import scopes_of_kinds
from approvals.access_model.schema import UnusableFile
from tests.approvals.access_requests.asking import (
    REASON,
    Asking,
    asking,
    groups_of,
    membership_of,
    requests_of,
)
from tests.approvals.world import SERVICE, browser, path
from tests.identity.walking import Page
from wsgi import ROOT

SHIPPED = ROOT / "approvals" / "access_model" / "services" / "school_performance.toml"
QUESTIONS = """
[[questions]]
code = "post"
text = "What is your job title?"
hint = "As your school calls it"

[[questions]]
code = "until"
text = "Until when do you work there?"
required = false

"""
JOB = f"answer_{SERVICE}_post"
MARK = "# -------------------------------------------------------------------- who may hold nothing"


def with_questions(folder: Path, questions: str = QUESTIONS) -> Path:
    text = SHIPPED.read_text()
    assert MARK in text
    changed = folder / SHIPPED.name
    changed.write_text(text.replace(MARK, questions + MARK))
    return changed


@pytest.fixture
def scene(app: Flask, tmp_path: Path) -> Asking:
    made = asking()
    loading.load([with_questions(tmp_path)])
    return made


def form(app: Flask, scene: Asking) -> Page:
    return browser(app, scene.nina).get(f"/requests/new?organisation={scene.school.public_id}")


def test_answers_of_the_asker_are_shown_to_the_decider(app: Flask, scene: Asking) -> None:
    page = form(app, scene)
    assert "Until when do you work there? (optional)" in page.text
    answers: dict[str, Any] = {
        "choice": f"{SERVICE}:School_Anon",
        "reason": REASON,
        JOB: "Head of year",
    }
    check = page.submit("/requests/new", **answers)
    assert "What is your job title? Head of year" in check.text
    again = check.walker.get(check.link("Change your answers"))
    assert "Head of year" in again.html
    check.submit()
    (request,) = requests_of(scene.nina)
    assert request.details["answers"] == [["What is your job title?", "Head of year"]]
    decider = browser(app, scene.ann).get(path(scene.school, "requests", request.public_id))
    assert "What is your job title? Head of year" in decider.text


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("", "Answer the question: What is your job title?"),
        ("see www.evil.example", "The answer must not include"),
        ("x" * 501, "The answer must be 500 characters or fewer"),
    ],
)
def test_answer_that_is_missing_or_could_make_a_link_is_refused(
    app: Flask, scene: Asking, answer: str, error: str
) -> None:
    answers: dict[str, Any] = {"choice": f"{SERVICE}:School_Anon", "reason": REASON, JOB: answer}
    page = form(app, scene).submit("/requests/new", **answers)
    assert page.title.startswith("Error: ")
    assert error in page.text


@pytest.mark.parametrize(
    ("questions", "problem"),
    [
        (QUESTIONS + QUESTIONS, "post is there twice"),
        ('[[questions]]\ncode = "a1"\ntext = "See www.evil.example"\n\n', "must not include"),
        ('[[questions]]\ncode = "a1"\n\n', "is missing"),
        ('[[questions]]\ncode = "A 1"\ntext = "Why?"\n\n', "must begin with a letter"),
    ],
)
def test_file_with_an_unusable_question_is_refused(
    tmp_path: Path, questions: str, problem: str
) -> None:
    content = with_questions(tmp_path, questions).read_bytes()
    with pytest.raises(UnusableFile) as raised:
        schema.read(content, "s.toml", scopes_of_kinds())
    assert problem in str(raised.value)


def test_request_without_questions_needs_no_answers(app: Flask) -> None:
    made = asking()
    page = form(app, made)
    page.submit("/requests/new", choice=f"{SERVICE}:School_Anon", reason=REASON).submit()
    assert requests_of(made.nina)[0].details["answers"] == []
    assert groups_of(made.nina, made.school) == []
    assert membership_of(made.nina, made.school) is None
