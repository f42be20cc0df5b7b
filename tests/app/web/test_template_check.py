"""The check of the templates of mails that `serve --check` makes."""

from pathlib import Path

import pytest
from flask import Flask

from app.web.template_check import why_unreadable
from tests.conftest import settings
from wsgi import create_app


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (
            b"Hello\n{% if %}",
            "The template mail/broken.txt fails in line 2: Expected an expression",
        ),
        (b"{{ name | nonsense }}", "fails in line 1: No filter named 'nonsense'"),
        (b"\xff", "The template mail/broken.txt cannot be read"),
    ],
)
def test_template_that_fails_is_named(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "sound.txt").write_text("Hello {{ name }}")
    (tmp_path / "mail" / "broken.txt").write_bytes(content)
    assert sentence in (why_unreadable(Flask("broken", template_folder=str(tmp_path))) or "")


def test_every_template_of_a_mail_can_be_compiled() -> None:
    # Other tests share what they have compiled, and their loader cannot list.
    assert why_unreadable(create_app(settings("sqlite://"))) is None
