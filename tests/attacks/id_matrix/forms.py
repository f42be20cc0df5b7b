"""The forms of pages, filled in as their rightful visitors would, and their effect."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from app.database import Base, db
from tests.attacks.id_matrix.cells import OPEN, answer, cells, expected, reads, writes
from tests.attacks.id_matrix.people import World

FIELDS = {"email": "x@x.example", "given_name": "X", "reason": "Because", "code": "123456"}
"""Fields of a form whose page shows none to the visitor who may send it."""


def filled_forms(app: Flask, world: World) -> dict[tuple[str, str], dict[str, str]]:
    """Return the fields of each page's form, filled in, as its rightful visitor sees it."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for _, role, rule, place, target in cells(app, world):
        if reads(rule) and writes(rule) and expected(rule, role, place) == OPEN:
            response = role.client.get(target)
            fields = fields_of(response.get_data(as_text=True))
            if response.status_code == 200:
                found.setdefault((rule.endpoint, place), fields)
    return found


def fields_of(page: str) -> dict[str, str]:
    """Return the fields of the first form that posts, with a value each and its first button."""
    posting = page.partition('method="post"')[2].partition("</form>")[0]
    fields: dict[str, str] = {}
    for tag in re.findall(r"<(?:input|textarea|button)\b[^>]*>", posting):
        attributes = {
            key: html.unescape(value) for key, value in re.findall(r'([\w-]+)="([^"]*)"', tag)
        }
        name = attributes.get("name")
        if name and name != "csrf_token":
            fields.setdefault(name, attributes.get("value") or typed_into(name))
    return fields


def typed_into(name: str) -> str:
    """Return what a visitor types into an empty field; dates are left out."""
    if name.endswith(("day", "month", "year")):
        return ""
    return "x@x.example" if "email" in name else "Because"


def effective_forms(
    app: Flask,
    world: World,
    forms: Mapping[tuple[str, str], Mapping[str, str]],
    tokens: Mapping[str, str],
) -> int:
    """Send the forms of the own organisation and the parent body as their rightful visitors.

    Return how many changed something.
    """
    changed, before = 0, rows_by_table()
    for name, role, rule, place, target in cells(app, world):
        rightful = expected(rule, role, place) == OPEN and place in {"own", "parent"}
        if rightful and (rule.endpoint, place) in forms:
            fields = forms[rule.endpoint, place]
            answer(role.client.post(target, data={**fields, "csrf_token": tokens[name]}))
            after = rows_by_table()
            changed += after != before
            before = after
    return changed


def form_token(client: FlaskClient) -> str:
    """Return the token of the forms of this browser, signed in or not."""
    for page in ("/account/name", "/forgot-password"):
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(page).text)
        if found:
            return found[1]
    raise AssertionError("no form")


WRITTEN_BY_PAGES = {"audit_checkpoint", "audit_event", "sign_in_journey"}
"""Tables of refusals, and of confirmations, which begin with the opening of their page."""


def rows_by_table() -> dict[str, list[tuple[object, ...]]]:
    """Return all rows but those that are written by opening pages."""
    db.session.rollback()
    found = {}
    for table in Base.metadata.sorted_tables:
        if table.name not in WRITTEN_BY_PAGES:
            columns = [each for each in table.columns if each.name != "last_active_at"]
            rows = db.session.execute(select(*columns).order_by(*table.primary_key.columns))
            found[table.name] = [tuple(row) for row in rows]
    return found
