"""Every page of the product, opened by everybody who may look at something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from identity.sessions.cookies import SESSION, cookie_name
from tests.approvals import world


@dataclass(frozen=True)
class Visitor:
    """Somebody with a browser; nobody in particular without a cookie."""

    name: str
    cookie: str
    arguments: dict[str, str]

    @property
    def headers(self) -> dict[str, str]:
        return {"Cookie": self.cookie} if self.cookie else {}


def visitors(app: Flask) -> list[Visitor]:
    """Two approvers of two organisations, an operator, and somebody who is signed out."""
    found = []
    for name, urn in (("Annabel", "100001"), ("Bertram", "100002")):
        school = world.school(f"School of {name}", urn)
        approver = world.member(
            school, f"{name}@{urn}.example".lower(), approver=True, given_name=name
        )
        arguments = {"organisation": school.public_id, "member": approver.public_id}
        found.append(Visitor(name, cookie(world.who(approver)), arguments))
    found.append(Visitor("Olive", cookie(world.operator()), found[0].arguments))
    return [*found, Visitor("nobody", "", found[0].arguments)]


def cookie(person: Any) -> str:
    return f"{cookie_name(SESSION)}={world.session_of(person)}"


def addresses(app: Flask, visitor: Visitor) -> Iterator[str]:
    """Every address that can be looked at, with what this visitor knows in its place."""
    arguments = {"service": world.SERVICE, "filename": "secure-access.css", **visitor.arguments}
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        if "GET" in (rule.methods or ()):
            yield re.sub(r"<(?:\w+:)?(\w+)>", lambda found: arguments.get(found[1], "x"), rule.rule)


def read(answer: TestResponse) -> TestResponse:
    """The answer with all of its body in hand, and whatever it came from closed."""
    answer.get_data()
    answer.close()
    return answer


def mistakes(app: Flask) -> Iterator[TestResponse]:
    """Answers to requests that have something wrong with them, of every kind."""
    client = app.test_client(use_cookies=False)
    yield client.get("/nowhere")
    yield client.get("/static/nothing")
    yield client.delete("/sign-out")
    yield client.post("/sign-in")
    yield client.post("/forgot-password", data={"email": "x" * 2_000_000})
    yield client.post("/token", json={})
    yield client.get("/authorize?client_id=unknown")
    yield client.get("/userinfo")
    yield client.get("/api/remit")
    yield client.get("/broken")
    yield client.get("/sign-in", headers={"Host": "evil.example"})
    yield client.options("/sign-in")
    yield client.head("/")
