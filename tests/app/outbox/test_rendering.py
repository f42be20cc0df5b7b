"""Mail texts: typed values cannot make links."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from jinja2 import meta

from app.clock import now
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
    assert re.findall(r'<a href="([^"]*)"', html.get_content()) == ours


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
