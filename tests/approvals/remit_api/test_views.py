"""Remits for programs."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update
from werkzeug.test import TestResponse

from app.clock import now
from app.database import writing
from approvals.memberships.models import Grant
from approvals.organisations import queries
from approvals.organisations.models import TrustLink
from approvals.organisations.synthetic.county import LEARNING, SELWICK, SNAPSHOTS
from approvals.remits import summaries
from approvals.remits.remit import remit_of
from tests.approvals.decision import world
from tests.identity.oidc import signing_keys
from tests.identity.oidc.browsers import signed_in_browser
from tests.identity.oidc.relying_party import RelyingParty, register
from tests.identity.people import make_person

Get = Callable[..., TestResponse]


@pytest.fixture
def get(app: Flask) -> Get:
    """Asks with a service's own token."""
    world.load_school_performance()
    signing_keys.ready()
    trust = queries.by_identifier(f"uid:{LEARNING}")
    assert trust is not None
    holder = world.member(world.person(), trust)
    world.grant(holder, "MAT_Named")
    rp = RelyingParty(
        app.test_client(),
        register(client_name="Reports", service="school_performance", scope="access remits:read"),
    )
    answer = rp.credentials(scope="remits:read")
    bearer = {"Authorization": f"Bearer {answer.get_json()['access_token']}"}
    browser = app.test_client()

    def ask(path: str, **headers: str) -> TestResponse:
        return browser.get(path, headers={**bearer, **headers})

    return ask


def test_remit_by_key_returns_the_remit_to_a_service_of_its_people(get: Get) -> None:
    answer = get(f"/api/remits/multi_academy_trust/{LEARNING}")
    trust = queries.by_identifier(f"uid:{LEARNING}")
    assert trust is not None
    remit = remit_of(trust, "remit", datetime.now(UTC))
    body: dict[str, Any] = answer.get_json()
    assert answer.status_code == 200
    assert (body["kind"], body["key"]) == ("multi_academy_trust", LEARNING)
    assert (body["count"], body["version"], body["next"]) == (remit.count, remit.version, None)
    assert body["schools"] == [
        {"urn": school.urn, "name": school.name, "basis": "trust"} for school in remit.schools
    ]
    assert answer.headers["ETag"] == f'"{remit.version}"'


def test_remit_endpoint_answers_304_for_an_unchanged_list(get: Get) -> None:
    path = f"/api/remits/multi_academy_trust/{LEARNING}"
    etag = get(path).headers["ETag"]
    again = get(path, **{"If-None-Match": etag})
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", etag)
    assert get(path, **{"If-None-Match": f"W/{etag}"}).status_code == 304
    assert get(path, **{"If-None-Match": '"other"'}).status_code == 200


def test_remit_endpoint_returns_a_long_list_in_pages(get: Get) -> None:
    path = f"/api/remits/multi_academy_trust/{LEARNING}"
    whole = get(path).get_json()
    found: list[str] = []
    following = f"{path}?limit=4"
    while following:
        body = get(following.removeprefix("http://localhost:8000")).get_json()
        assert body["count"] == whole["count"]
        found += [school["urn"] for school in body["schools"]]
        following = body["next"]
    assert found == [school["urn"] for school in whole["schools"]]
    assert get(f"{path}?limit=0").status_code == 400
    assert get(f"{path}?limit=x").status_code == 400


@pytest.mark.parametrize(
    "path",
    [
        f"/api/remits/multi_academy_trust/{SELWICK}",
        "/api/remits/local_authority/971",
        "/api/remits/all",
        "/api/remits/training",
        "/api/remits/own/900001",
        "/api/remits/nothing/1",
        "/api/remits/multi_academy_trust/%27%3B--",
    ],
)
def test_remit_by_key_is_not_found_for_other_kinds_and_keys(get: Get, path: str) -> None:
    answer = get(path)
    assert answer.status_code == 404
    assert answer.is_json


def test_remit_by_key_ends_with_the_last_grant(get: Get) -> None:
    trust = queries.by_identifier(f"uid:{SELWICK}")
    assert trust is not None
    holder = world.member(world.person("Grace Hopper"), trust)
    path = f"/api/remits/multi_academy_trust/{SELWICK}"
    world.grant(holder, "MAT_Anon", until=datetime(2021, 1, 1, tzinfo=UTC))
    assert get(path).status_code == 404
    world.grant(holder, "MAT_Named")
    assert get(path).status_code == 200


def test_remit_endpoint_without_token_sends_a_challenge(app: Flask) -> None:
    for path in ("/api/remit", "/api/remits/all"):
        answer = app.test_client().get(path)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.fixture
def person_of_trust(app: Flask) -> Callable[..., TestResponse]:
    """Asks with the token of a person who holds a group in a trust."""
    world.load_school_performance()
    signing_keys.ready()
    trust = queries.by_identifier(f"uid:{LEARNING}")
    assert trust is not None
    ada = make_person()
    holder = world.member(ada.account, trust)
    world.grant(holder, "MAT_Named")
    metadata = {"service": "school_performance", "scope": "openid access organisation"}
    rp = RelyingParty(app.test_client(), register(client_name="Reports", **metadata))
    tokens = rp.tokens(signed_in_browser(app, ada), scope="openid access organisation")
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}

    def ask(path: str, **headers: str) -> TestResponse:
        return app.test_client().get(path, headers={**bearer, **headers})

    return ask


def test_own_remit_returns_the_remit_of_the_person(person_of_trust: Get) -> None:
    trust = queries.by_identifier(f"uid:{LEARNING}")
    assert trust is not None
    answer = person_of_trust("/api/remit")
    assert answer.status_code == 200, answer.get_data(as_text=True)
    body = answer.get_json()
    remit = remit_of(trust, "remit", datetime.now(UTC))
    assert (body["kind"], body["key"], body["version"]) == (remit.kind, LEARNING, remit.version)
    assert [school["urn"] for school in body["schools"]] == [s.urn for s in remit.schools]


def test_ID_06_own_remit_ignores_another_organisation_in_query_header_and_body(
    app: Flask, person_of_trust: Get
) -> None:
    other = queries.by_identifier(f"uid:{SELWICK}")
    assert other is not None
    own = person_of_trust("/api/remit").get_json()
    for asked in (f"organisation={other.public_id}", f"key={SELWICK}", "kind=all"):
        assert person_of_trust(f"/api/remit?{asked}").status_code == 400
    foreign = {"X-Organisation": other.public_id, "X-Tenant": SELWICK}
    assert person_of_trust("/api/remit", **foreign).get_json() == own
    assert person_of_trust(f"/api/remits/multi_academy_trust/{SELWICK}").status_code == 403


def test_ID_08_remit_of_a_trust_omits_a_school_that_left(app: Flask, person_of_trust: Get) -> None:
    before = person_of_trust("/api/remit").get_json()
    left = before["schools"][0]["urn"]
    school = queries.by_identifier(f"urn:{left}")
    assert school is not None
    with writing() as session:
        session.execute(
            update(TrustLink)
            .where(TrustLink.organisation_id == school.id)
            .values(valid_to=datetime.now(UTC).date())
        )
    # An import, by which links change, gives the register another revision.
    summaries.summaries.forget(app)
    after = person_of_trust("/api/remit").get_json()
    assert left not in [each["urn"] for each in after["schools"]]
    assert after["count"] == before["count"] - 1
    assert after["version"] != before["version"]


def test_remit_by_key_refuses_the_token_of_a_person(person_of_trust: Get) -> None:
    answer = person_of_trust(f"/api/remits/multi_academy_trust/{LEARNING}")
    assert answer.status_code == 403
    assert "insufficient_scope" in answer.headers["WWW-Authenticate"]


def test_own_remit_refuses_a_person_whose_access_ended(person_of_trust: Get) -> None:
    with writing() as session:
        session.execute(update(Grant).values(valid_to=datetime(2021, 1, 1, tzinfo=UTC)))
    assert person_of_trust("/api/remit").status_code in (401, 403)


def test_own_remit_refuses_the_token_of_a_service(get: Get) -> None:
    assert get("/api/remit").status_code == 403


def test_CS_06_own_remit_allows_cors_for_public_clients(app: Flask) -> None:
    signing_keys.ready()
    register(
        client_name="A page",
        token_endpoint_auth_method="none",
        grant_types=["authorization_code"],
        redirect_uris=["https://spa.example/callback"],
    )
    visitor = app.test_client()
    preflight = {
        "Origin": "https://spa.example",
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "authorization,if-none-match",
    }
    asked = visitor.options("/api/remit", headers=preflight)
    assert asked.status_code == 200
    assert asked.headers["Access-Control-Allow-Origin"] == "https://spa.example"
    assert "If-None-Match" in asked.headers["Access-Control-Allow-Headers"]
    refused = visitor.get("/api/remit", headers={"Origin": "https://spa.example"})
    assert refused.status_code == 401
    assert refused.headers["Access-Control-Allow-Origin"] == "https://spa.example"
    assert "ETag" in refused.headers["Access-Control-Expose-Headers"]
    for path, origin in (
        ("/api/remit", "https://evil.example"),
        (f"/api/remits/multi_academy_trust/{LEARNING}", "https://spa.example"),
        ("/account", "https://spa.example"),
    ):
        elsewhere = visitor.options(path, headers={**preflight, "Origin": origin})
        assert "Access-Control-Allow-Origin" not in elsewhere.headers


# -------------------------------------------------------------------------- on another day


def _is_of_first_day(body: dict[str, Any]) -> None:
    trust, day = queries.by_identifier(f"uid:{LEARNING}"), SNAPSHOTS[0]
    assert trust is not None
    expected = remit_of(trust, "remit", day)
    assert (body["as_of"], body["version"]) == (day.isoformat(), expected.version)
    assert expected.version != remit_of(trust, "remit", now()).version
    assert [(each["urn"], each["basis"]) for each in body["schools"]] == [
        (school.urn, school.basis) for school in expected.schools
    ]


def test_remit_by_key_answers_for_a_past_day_with_the_basis_of_each_school(get: Get) -> None:
    _is_of_first_day(
        get(f"/api/remits/multi_academy_trust/{LEARNING}?as_of={SNAPSHOTS[0]}").get_json()
    )


def test_own_remit_answers_for_a_past_day_with_the_basis_of_each_school(
    person_of_trust: Get,
) -> None:
    _is_of_first_day(person_of_trust(f"/api/remit?as_of={SNAPSHOTS[0]}").get_json())


def test_remit_endpoint_says_where_the_earliest_known_state_is_used(get: Get) -> None:
    day = SNAPSHOTS[0] - timedelta(days=1)
    trust = queries.by_identifier(f"uid:{LEARNING}")
    assert trust is not None
    with writing() as session:
        session.execute(update(TrustLink).values(known_from=SNAPSHOTS[0]))
    body = get(f"/api/remits/multi_academy_trust/{LEARNING}?as_of={day}").get_json()
    assert {each["basis"] for each in body["schools"]} == {"earliest known"}
    assert any("their earliest known state is used" in note for note in body["notes"])


def test_remit_endpoint_keeps_the_day_on_the_following_pages(get: Get) -> None:
    path = f"/api/remits/multi_academy_trust/{LEARNING}"
    day = SNAPSHOTS[0]
    whole = get(f"{path}?as_of={day}").get_json()
    first = get(f"{path}?as_of={day}&limit=1").get_json()
    second = get(first["next"].removeprefix("http://localhost:8000")).get_json()
    assert second["as_of"] == day.isoformat()
    assert second["schools"] == whole["schools"][1:2]


UNUSABLE = [
    "at=2018-02-16",
    "date=2018-02-16",
    "as_of=2018-02-16&as_of=2019-02-16",
    "as_of=9999-12-31",
    "as_of=0000-01-01",
    "as_of=2026-02-29",
    "as_of=2018-02-16T10:00",
    "as_of=2998-01-01",
    "as_of=",
    "as_of=yesterday",
]


def test_remit_by_key_refuses_unknown_parameters_and_unusable_dates(get: Get) -> None:
    path = f"/api/remits/multi_academy_trust/{LEARNING}"
    answers = {asked: get(f"{path}?{asked}") for asked in UNUSABLE}
    assert {answer.status_code for answer in answers.values()} == {400}
    assert all(answer.is_json for answer in answers.values())
    assert "known are after, limit, as_of" in answers["at=2018-02-16"].get_data(as_text=True)


def test_own_remit_refuses_unknown_parameters_and_unusable_dates(person_of_trust: Get) -> None:
    answers = [person_of_trust(f"/api/remit?{asked}") for asked in UNUSABLE]
    assert {answer.status_code for answer in answers} == {400}
