"""Responses that a shared cache may store: HC-01 of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.attacks.pages import addresses, read, visitors

FOR_EVERYBODY = ("/static/", "/jwks", "/.well-known/", "/mark")
"""Addresses whose responses are the same for everybody and may be cached."""
KEPT_WITHOUT_BEING_TOLD = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501}
"""RFC 9110, 15.1: a cache may keep these for a while where nothing forbids it."""


@dataclass
class SharedCache:
    """An honest cache before the service: keeps what it may, and gives it to whom it may.

    `hears_no_store` False: one that keeps too much, as some do, and still heeds `Vary`.
    """

    service: FlaskClient
    hears_no_store: bool
    kept: dict[str, list[tuple[dict[str, str], dict[str, str], TestResponse]]] = field(
        default_factory=dict
    )
    given_again: list[str] = field(default_factory=list)

    def get(self, address: str, headers: dict[str, str]) -> TestResponse:
        for sent, varying, answer in self.kept.get(address, []):
            if all(headers.get(name, "") == sent.get(name, "") for name in varying):
                self.given_again.append(address)
                return answer
        answer = read(self.service.get(address, headers=headers))
        told = answer.headers.get("Cache-Control", "")
        forbidden = self.hears_no_store and ("no-store" in told or "private" in told)
        varying = {name.strip().title(): "" for name in answer.headers.get("Vary", "").split(",")}
        if answer.status_code in KEPT_WITHOUT_BEING_TOLD and not forbidden and "*" not in varying:
            varying.pop("", None)
            self.kept.setdefault(address, []).append((headers, varying, answer))
        return answer


def test_HC_01_personal_pages_are_not_stored_by_caches(app: Flask) -> None:
    client = app.test_client(use_cookies=False)
    seen = 0
    for visitor in visitors(app):
        for address in addresses(app, visitor):
            if address.startswith(FOR_EVERYBODY):
                continue
            answer = client.get(address, headers=visitor.headers)
            assert "no-store" in answer.headers["Cache-Control"], address
            if answer.mimetype == "text/html":
                assert "Cookie" in answer.vary, address
                seen += 1
    assert seen > 100


@pytest.mark.parametrize("hears_no_store", [True, False], ids=["honest", "careless"])
def test_HC_01_shared_cache_serves_no_page_of_another_person(
    app: Flask, hears_no_store: bool
) -> None:
    people = visitors(app)
    cache = SharedCache(app.test_client(use_cookies=False), hears_no_store)
    pages = dict.fromkeys(address for who in people for address in addresses(app, who))
    pages["/account"] = None
    leftovers: dict[str, Any] = {who.name: set() for who in people}
    for _ in range(2):
        for address in pages:
            for who in people:
                answer = cache.get(address, who.headers)
                others = [each.name for each in people[:2] if each.name != who.name]
                if who.name in {"Annabel", "Bertram", "nobody"}:
                    assert not any(name in answer.text for name in others), f"{address} {who.name}"
                if who.name in answer.text:
                    leftovers[who.name].add(address)
    assert leftovers["Annabel"]
    assert leftovers["Bertram"]
    assert any(address.startswith("/static/") for address in cache.given_again)
    if hears_no_store:
        assert all(address.startswith(FOR_EVERYBODY) for address in cache.given_again)


def test_HC_01_token_endpoint_responses_are_not_stored(app: Flask) -> None:
    client = app.test_client()
    for address in ("/token", "/introspect", "/revoke", "/par", "/register", "/userinfo"):
        answer = client.post(address, data={"grant_type": "client_credentials"})
        assert answer.headers["Cache-Control"] == "no-store", address
    assert client.get("/api/remit").headers["Cache-Control"] == "no-store"
