"""Mail texts: typed values cannot make links."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from jinja2 import meta

from app.clock import now
from app.outbox.html import as_html
from app.outbox.message import RenderedMail, compose
from app.outbox.rendering import render_mail, without_links
from wsgi import ROOT

ISSUER = "http://localhost:8000"
TEMPLATES = sorted(
    str(path.relative_to(ROOT / "templates" / "mail").with_suffix(""))
    for path in (ROOT / "templates" / "mail").rglob("*.txt")
)
HOSTILE = (
    "Visit HTTPS://evil.example/verify\r\nhttp://localhost:8000/x www.evil.example evil。example"
)
# The beginnings of what mail programs turn into links: a scheme, "www.", a host name.
LINKED = re.compile(r"(?i)https?://|www\.\w|\b[\w-]+[.。]\w[\w-]")


class HtmlReader(HTMLParser):
    """The words, links, elements and attributes of a mail's HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.elements: set[str] = set()
        self.attributes: set[str] = set()
        self.styles = ""
        self.language: str | None = None
        self._texts: dict[str, list[str]] = {"title": [], "body": []}
        self._part = "body"
        self.feed(html)

    @property
    def title(self) -> str:
        return "".join(self._texts["title"])

    @property
    def words(self) -> list[str]:
        return " ".join(self._texts["body"]).split()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        values = dict(attrs)
        if tag in self._texts:
            self._part = tag
        if tag == "a":
            self.links.append(values.get("href") or "")
        if tag == "html":
            self.language = values.get("lang")
        self.styles += values.get("style") or ""

    def handle_data(self, data: str) -> None:
        self._texts[self._part].append(data)


def _context(app: Flask, template: str) -> dict[str, Any]:
    """Every variable of the template, hostile wherever its value is not made by the service."""
    source = (ROOT / "templates" / "mail" / f"{template}.txt").read_text()
    names = meta.find_undeclared_variables(app.jinja_env.parse(source)) - {"issuer"}
    paths = re.findall(r"(?m)^{{ issuer }}{{ (\w+) }}$", source)
    made: dict[str, Any] = {name: f"/{name}" for name in paths}
    made |= {name: now() for name in re.findall(r"(\w+) \| (?:moment|day)", source)}
    for targets, name in re.findall(r"for (\w+(?:, \w+)+) in (\w+)", source):
        made[name] = [tuple(made.get(each, HOSTILE) for each in targets.split(", "))]
    group = SimpleNamespace(name=HOSTILE, can=[HOSTILE], cannot=[HOSTILE])
    made |= {"remaining": 1, "minutes": 60, "codes": True, "by_link": True, "groups": [group]}
    return {name: made.get(name, HOSTILE) for name in names}


@pytest.mark.parametrize("template", TEMPLATES)
def test_mail_template_makes_no_link_of_a_value(app: Flask, template: str) -> None:
    subject, body = render_mail(template, _context(app, template))
    ours = [line for line in body.splitlines() if line.startswith(f"{ISSUER}/")]
    others = [line for line in body.splitlines() if line not in ours]
    assert not LINKED.findall("\n".join([subject, *others]))
    assert all(re.fullmatch(r"http://localhost:8000/[\w/-]+", line) for line in ours), ours
    assert "\n" not in subject
    mail = RenderedMail("1", "ann@school.example", subject, body)
    message = compose(mail, sender="x@access.example", issuer=ISSUER)
    html = message.get_body(["html"])
    assert html is not None
    page = HtmlReader(html.get_content())
    assert page.links == ours


def test_every_mail_has_the_same_words_in_text_and_html(app: Flask) -> None:
    for template in TEMPLATES:
        subject, body = render_mail(template, _context(app, template))
        mail = RenderedMail("1", "ann@school.example", subject, body)
        parts = list(compose(mail, sender="x@access.example", issuer=ISSUER).iter_parts())
        assert [part.get_content_type() for part in parts] == ["text/plain", "text/html"]
        plain, html = (part.get_content() for part in parts)
        page = HtmlReader(html)
        assert page.title == subject
        lines = [line.removeprefix("- ") for line in plain.splitlines()]
        assert page.words == " ".join(lines).split(), template


def test_html_of_every_mail_has_simple_elements_and_loads_nothing(app: Flask) -> None:
    for template in TEMPLATES:
        page = HtmlReader(as_html(*render_mail(template, _context(app, template)), ISSUER))
        assert page.elements <= {
            "html",
            "head",
            "meta",
            "title",
            "body",
            "p",
            "br",
            "ul",
            "li",
            "a",
        }
        assert page.attributes <= {"lang", "charset", "name", "content", "style", "href"}
        assert "url(" not in page.styles
        assert page.language == "en-GB"


def test_mail_html_shows_lines_with_bullets_as_a_list() -> None:
    html = as_html("S", "You can:\n- see <names>\n- print\nNow\n\n- last\n", ISSUER)
    body = html.partition("<body")[2].partition(">")[2]
    assert body == (
        "<p>You can:</p><ul><li>see &lt;names&gt;</li><li>print</li></ul><p>Now</p>"
        "<ul><li>last</li></ul></body></html>"
    )


@pytest.mark.parametrize(
    "line",
    [
        "http://localhost:8000.evil.example/x",
        "http://localhost:8000/x and more",
        "https://localhost:8000/x",
        "see http://localhost:8000/x",
        "javascript:alert(1)",
        '"><a href="http://localhost:8000/x">',
    ],
)
def test_mail_html_links_only_lines_that_are_an_address_of_the_issuer(line: str) -> None:
    assert HtmlReader(as_html("S", line, ISSUER)).links == []


@pytest.mark.parametrize(
    "recipient", ["ann@school.example\nBcc: all@school.example", "ann@school.example\r\nX: y"]
)
def test_LK_15_mail_with_a_line_break_in_the_recipient_is_not_composed(recipient: str) -> None:
    with pytest.raises(ValueError, match="linefeed"):
        compose(RenderedMail("1", recipient, "S", "text"), sender="x@a.example", issuer=ISSUER)


@pytest.mark.parametrize(
    "name",
    [
        "J.R. Hartley",
        "O'Neil",
        "Zoë",
        "Dr. No",
        "李小龍",
        "Ann-Marie",
        "The Academy @ Hall",
        "v3.14",
    ],
)
def test_mail_shows_ordinary_names_unchanged(name: str) -> None:
    assert without_links(name) == name


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("jo.day+x@school.example", "jo.day+x@school.example"),
        ("o'neil@schüle.example", "o'neil@schüle.example"),
        ("www.evil.example/verify@school.example", "www. evil. example/verify@school. example"),
        ("www.evil@school.example", "www. evil@school. example"),
    ],
)
def test_mail_shows_an_email_address_that_is_no_web_address(address: str, shown: str) -> None:
    assert without_links(address) == shown


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("https://evil.example/x", "https: //evil. example/x"),
        ("www.evil.co", "www. evil. co"),
        ("evil．com", "evil． com"),
        ("St.Mary's", "St. Mary's"),
        ("one\ntwo\u2028three", "one two three"),
    ],
)
def test_mail_breaks_up_what_looks_like_an_address(typed: str, shown: str) -> None:
    assert without_links(typed) == shown
