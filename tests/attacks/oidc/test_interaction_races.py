"""Races between posts of one authorization request: forty threads, two people, one browser."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs, parse_qsl, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from app.database import db
from identity.oidc.models import TokenFamily
from tests.attacks.oidc.evidence import audited, codes
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import RelyingParty, walk
from tests.identity.oidc.rights import Rights, entrance
from tests.identity.people import Person, make_person

THREADS = 40
SESSION = "secure_access_session"


def at_once(app: Flask, request: Callable[[FlaskClient, int], TestResponse]) -> list[TestResponse]:
    """Return the answers to THREADS requests that start together."""
    barrier = threading.Barrier(THREADS)

    def run(number: int) -> TestResponse:
        barrier.wait(30)
        return request(app.test_client(use_cookies=False), number)

    with ThreadPoolExecutor(THREADS) as pool:
        responses = list(pool.map(run, range(THREADS)))
    db.session.rollback()
    return responses


def cookies(browser: FlaskClient, **changed: str) -> dict[str, str]:
    """The header of this browser, with some cookies changed."""
    kept = {cookie.key: cookie.value for cookie in (browser._cookies or {}).values()} | changed
    return {"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())}


def session_of(app: Flask, person: Person) -> str:
    cookie = signed_in_browser(app, person).get_cookie(SESSION)
    assert cookie is not None
    return cookie.value


def stored(rp: RelyingParty, browser: FlaskClient) -> str:
    """The address of a request in a browser that has the cookie to which requests are bound."""
    walk(browser, rp.request(prompt="login"))
    made = parse_qs(urlsplit(rp.request()).query)
    address: str = browser.post("/authorize", data=made).headers["Location"]
    return address


def told(response: TestResponse) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(response.headers.get("Location", "")).query))


def test_stored_request_resumed_by_many_at_once_gives_one_code(
    provider: Flask, rp: RelyingParty, browser: FlaskClient
) -> None:
    address = stored(rp, browser)
    responses = at_once(provider, lambda client, _: client.get(address, headers=cookies(browser)))
    assert Counter(response.status_code for response in responses) == {303: 1, 200: THREADS - 1}
    assert codes() == 1
    assert len(audited("service.entered")) == 1


def test_stored_request_resumed_and_cancelled_at_once_has_one_answer(
    provider: Flask, rp: RelyingParty, browser: FlaskClient
) -> None:
    address = stored(rp, browser)
    responses = at_once(
        provider,
        lambda client, number: client.get(
            address if number % 2 else f"{address}/cancel", headers=cookies(browser)
        ),
    )
    answers = [told(response) for response in responses if response.status_code == 303]
    assert len(answers) == 1
    assert codes() == ("code" in answers[0])


def test_choice_of_one_person_never_enters_another_in_the_same_browser(
    provider: Flask, service_rp: RelyingParty, ada: Person, rights: Rights
) -> None:
    rights.doors = [entrance("oakfield"), entrance("elmwood")]
    eve = make_person("eve@school.example")
    browser = signed_in_browser(provider, ada)
    page = walk(browser, service_rp.request(scope="openid access"))
    form = page.form()
    address = urlsplit(page.address).path
    resumed = address.removesuffix("/organisation")
    eves = session_of(provider, eve)

    def act(client: FlaskClient, number: int) -> TestResponse:
        if number % 2:
            return client.get(resumed, headers=cookies(browser, **{SESSION: eves}))
        data = form.values | {"organisation": "elmwood"}
        return client.post(address, data=data, headers=cookies(browser))

    responses = at_once(provider, act)
    assert not [response for response in responses if "code" in told(response)]
    assert Counter(response.status_code for response in responses) == {303: THREADS}
    after = provider.test_client(use_cookies=False).get(resumed, headers=cookies(browser))
    assert "code" in told(after)
    db.session.rollback()
    families = list(db.session.scalars(select(TokenFamily)))
    assert [(each.account_id, each.organisation) for each in families] == [
        (ada.account_id, "elmwood")
    ]


def test_pushed_request_in_two_interactions_gives_one_answer(
    provider: Flask, rp: RelyingParty, browser: FlaskClient
) -> None:
    made = dict(parse_qsl(urlsplit(rp.request()).query))
    uri = rp.post("/par", made).get_json()["request_uri"]
    query = {"client_id": rp.client_id, "request_uri": uri}
    addresses = [
        browser.post("/authorize", data=query).headers["Location"] for _ in range(THREADS // 4)
    ]

    def act(client: FlaskClient, number: int) -> TestResponse:
        address = addresses[number % len(addresses)]
        return client.get(
            f"{address}/cancel" if number % 3 == 0 else address, headers=cookies(browser)
        )

    responses = at_once(provider, act)
    answers = [told(response) for response in responses if response.status_code == 303]
    assert len(answers) == 1
    assert codes() == ("code" in answers[0])
