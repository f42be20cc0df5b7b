"""Help names buttons, links and fields as the pages do, and has a page for each topic."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.web.help import help_topics
from tests.docs.names_on_pages import ROOT, names_on_pages
from tests.identity.walking import Walker

HELP = ROOT / "templates/help"
QUOTED = re.compile(r"named\('([^']*)'\)")


def quoted(path: Path) -> list[str]:
    return QUOTED.findall(path.read_text())


@pytest.fixture(scope="module")
def names() -> set[str]:
    return names_on_pages()


def test_help_quotes_names_that_pages_have(names: set[str]) -> None:
    stale = {
        f"{path.stem}: {name}"
        for path in HELP.glob("*.html")
        for name in quoted(path)
        if name not in names
    }
    assert stale == set()


def test_names_on_pages_have_buttons_links_fields_and_headings(names: set[str]) -> None:
    assert {"Add a user", "Remove … from …", "Email address", "Why do you need access?"} <= names
    assert "Add a person to the organisation" not in names
    assert sum(len(quoted(path)) for path in HELP.glob("*.html")) > 50


def test_topics_each_have_a_text_and_pages_that_exist(app: Flask) -> None:
    topics = [topic for found in help_topics().values() for topic in found]
    assert {f"{topic.slug}.html" for topic in topics} == {path.name for path in HELP.glob("*.html")}
    pages = [page for topic in topics for page in topic.pages]
    assert set(pages) - {rule.endpoint for rule in app.url_map.iter_rules()} == set()
    assert len(pages) == len(set(pages))
    assert len({topic.order for topic in topics}) == len(topics)


def matching_topics(client: FlaskClient, search: str) -> list[str]:
    page = Walker(client).get(f"/help?q={search}").html
    return re.findall(r'href="/help/([a-z-]+)">', page.split('role="search"')[1])


@pytest.mark.parametrize(
    ("search", "first"),
    [
        ("recovery codes", "new-phone"),
        ("SUSPEND", "person-leaves"),
        ("passkye", "passkeys"),
        ("gdpr", "close-account"),
        ("substytute", "hand-over"),
    ],
)
def test_help_search_finds_the_topic(client: FlaskClient, search: str, first: str) -> None:
    assert first in matching_topics(client, search)


def test_help_search_shows_titles_that_match_first(client: FlaskClient) -> None:
    topics = matching_topics(client, "passkey")
    assert topics.index("passkeys") < topics.index("join")


def test_help_search_without_match_says_what_to_try(client: FlaskClient) -> None:
    page = Walker(client).get("/help?q=zzzzq")
    assert "No topic matches “zzzzq”" in page.text
    assert page.link("All topics") == "/help"


def test_help_shows_every_topic_to_anybody(app: Flask, client: FlaskClient) -> None:
    walker = Walker(client)
    index, whole = walker.get("/help"), walker.get("/help/all")
    for topic in (topic for found in help_topics().values() for topic in found):
        page = walker.get(index.link(topic.title))
        assert page.heading == topic.title
        assert "<ol" in page.html
        assert f'id="{topic.slug}"' in whole.html
    assert walker.get("/help/nothing").status == 404
