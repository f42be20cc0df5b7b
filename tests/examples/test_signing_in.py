"""Signing in to the example, staying signed in, signing out."""

import sqlite3
import threading
import time
from pathlib import Path

import pytest
import time_machine

from tests.examples import stand_in
from tests.examples.stand_in import API, BASE_URL, Browser, StandIn, World, asked_of
from tests.races import THREADS


def test_authorization_request_has_state_nonce_challenge_and_resource(world: World) -> None:
    asked = asked_of(world.browser.get("/sign-in"))
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == f"{BASE_URL}/callback"
    assert asked["resource"] == API
    assert asked["scope"] == "openid profile email organisation access offline_access"
    assert len(asked["state"]) > 20
    assert len(asked["nonce"]) >= 20


def test_sign_in_shows_the_schools_of_the_remit(person: Browser) -> None:
    page = person.text("/schools")
    assert "Ashfield Primary School" in page
    assert "Ada Appleby" in page
    assert "School Named" in page


def test_sign_in_returns_to_the_requested_page(world: World) -> None:
    start = world.browser.get("/schools/100001?column=maths")
    assert start.location == "/sign-in"
    assert world.browser.sign_in().location == f"{BASE_URL}/schools/100001?column=maths"


def test_sign_in_returns_to_own_pages_only(world: World) -> None:
    world.browser.get("//evil.example/schools")
    assert world.browser.sign_in().location.startswith(f"{BASE_URL}/")


def test_cookie_has_no_token_and_no_secret(world: World) -> None:
    world.browser.get("/sign-in")
    world.browser.sign_in()
    cookie = world.browser.service.get_cookie("school_performance", domain="localhost")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    held = world.service.session_interface.get_signing_serializer(world.service)  # type: ignore[attr-defined]  # of Flask's own sessions
    assert set(held.loads(cookie.value)) <= {"key", "csrf_token"}


def test_session_store_has_no_usable_session_id(world: World, tmp_path: Path) -> None:
    world.browser.sign_in()
    with world.browser.service.session_transaction(base_url=BASE_URL) as session:
        key = session["key"]
    assert key.encode() not in (tmp_path / "school_performance.sqlite3").read_bytes()
    assert (tmp_path / "school_performance.sqlite3").stat().st_mode & 0o077 == 0


def test_sign_in_makes_a_new_session_id(world: World) -> None:
    world.browser.sign_in()
    with world.browser.service.session_transaction(base_url=BASE_URL) as session:
        before = session["key"]
    world.browser.sign_in()
    with world.browser.service.session_transaction(base_url=BASE_URL) as session:
        assert session["key"] != before


def test_expiring_access_token_is_refreshed(person: Browser, op: StandIn) -> None:
    first = set(op.refresh_tokens)
    op.name = "Another name is in the ID token only"
    with time_machine.travel(time.time() + 290):
        assert person.get("/schools").status_code == 200
    assert op.refresh_tokens
    assert not op.refresh_tokens & first


def test_parallel_requests_use_the_refresh_token_once(world: World) -> None:
    world.op.lifetime = 20  # so short that each click would refresh
    world.browser.sign_in()
    cookie = world.browser.service.get_cookie("school_performance", domain="localhost")
    assert cookie is not None
    answers: list[int] = []

    def click() -> None:
        tab = world.somebody_else()
        tab.service.set_cookie("school_performance", cookie.value, domain="localhost")
        answers.append(tab.get("/schools").status_code)

    tabs = [threading.Thread(target=click) for _ in range(THREADS)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert answers == [200] * THREADS


def test_removed_person_is_refused_at_the_next_request_with_approvers(world: World) -> None:
    person = world.browser
    person.sign_in()
    assert person.get("/schools").status_code == 200
    world.tell()
    refused = person.get("/schools/100001")
    assert refused.status_code == 403
    assert "ask an approver" in refused.text
    assert "Ashfield" not in refused.text


def test_cancelled_sign_in_shows_a_page(world: World) -> None:
    state = asked_of(world.browser.get("/sign-in"))["state"]
    told = f"/callback?error=access_denied&state={state}&iss={world.op.issuer}"
    page = world.browser.get(told)
    assert "You chose not to sign in." in page.text
    assert "another browser" not in page.text
    assert "another browser" in world.browser.get("/callback?error=invalid_request").text


def test_removed_person_cannot_refresh(person: Browser, op: StandIn) -> None:
    op.withdrawn = True
    with time_machine.travel(time.time() + 290):
        assert person.get("/schools").status_code == 403
    op.withdrawn = False
    assert person.get("/schools").location == "/sign-in", "the session is gone for good"


def test_pages_show_no_data_while_the_provider_is_down(person: Browser, op: StandIn) -> None:
    op.answers["down"] = True
    answer = person.get("/schools")
    assert answer.status_code == 503
    assert "Ashfield" not in answer.text


def test_choice_of_another_organisation_is_a_new_authorization(person: Browser) -> None:
    asked = asked_of(person.post("/sign-in"))
    assert asked["prompt"] == "select_account"


def test_organisation_chosen_last_is_used(person: Browser, op: StandIn) -> None:
    op.schools = [{"urn": "100002", "name": "Birch School"}]
    person.get(person.callback_of(person.post("/sign-in")))
    assert "Birch School" in person.text("/schools")
    assert person.get("/schools/100001").status_code == 403


def test_sign_out_revokes_the_refresh_token_and_redirects_to_the_provider(
    person: Browser, op: StandIn
) -> None:
    answer = person.post("/sign-out")
    asked = asked_of(answer)
    assert answer.location.startswith(f"{op.issuer}/end-session?")
    assert asked["post_logout_redirect_uri"] == f"{BASE_URL}/signed-out"
    assert asked["id_token_hint"].count(".") == 2
    assert not op.refresh_tokens
    assert person.get("/schools").location == "/sign-in"
    assert "You are signed out" in person.text("/signed-out")


def test_cookie_from_before_the_sign_out_is_refused(person: Browser) -> None:
    before = person.service.get_cookie("school_performance", domain="localhost")
    assert before is not None
    person.post("/sign-out")
    person.service.set_cookie("school_performance", before.value, domain="localhost")
    assert person.get("/schools").status_code == 403


def test_idle_session_ends(person: Browser) -> None:
    with time_machine.travel(time.time() + 2 * 60 * 60):
        assert person.get("/schools").status_code == 403


def test_sign_out_needs_the_token_of_the_form(person: Browser) -> None:
    assert person.service.post("/sign-out", base_url=BASE_URL).status_code == 400
    assert person.get("/schools").status_code == 200


def test_cookies_over_https_are_secure_and_bound_to_the_host(op: StandIn, tmp_path: Path) -> None:
    service = stand_in.example(op, tmp_path, BASE_URL="https://reports.example")
    answer = service.test_client().get("/sign-in", base_url="https://reports.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-school_performance=")
    assert "Secure" in cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_sessions_outlive_a_restart(world: World, tmp_path: Path) -> None:
    world.browser.sign_in()
    cookie = world.browser.service.get_cookie("school_performance", domain="localhost")
    assert cookie is not None
    again = Browser(stand_in.example(world.op, tmp_path), world.op)
    again.service.set_cookie("school_performance", cookie.value, domain="localhost")
    assert again.get("/schools").status_code == 200


def test_finished_sessions_are_purged(world: World, tmp_path: Path) -> None:
    world.browser.sign_in()
    with time_machine.travel(time.time() + 24 * 60 * 60):
        world.somebody_else().sign_in()
    with sqlite3.connect(tmp_path / "school_performance.sqlite3") as db:
        kept = db.execute("SELECT count(*) FROM kept").fetchone()[0]
    db.close()
    assert kept == 2, "the newer session and the secret of the cookie"


@pytest.mark.parametrize("path", ["/", "/signed-out"])
def test_public_pages_need_no_sign_in(world: World, path: str) -> None:
    assert world.browser.get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["/schools", "/schools/100001", "/schools/100001/print", "/schools/100001/csv", "/downloads"],
)
def test_other_pages_redirect_to_the_sign_in(world: World, path: str) -> None:
    assert world.browser.get(path).location == "/sign-in"


@pytest.mark.parametrize("path", ["/", "/schools", "/nowhere", "/static/style.css", "/api/schools"])
def test_responses_all_have_security_headers(person: Browser, op: StandIn, path: str) -> None:
    headers = person.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert policy.endswith(f"form-action 'self' {op.issuer}")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
