"""The example is told what ends (Back-Channel Logout 1.0), keeps it, and needs to ask nobody."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest
import time_machine

from examples.school_performance.store import Store
from tests.examples import stand_in
from tests.examples.stand_in import CLIENT_ID, Browser, StandIn, World, new_key
from tests.races import THREADS

LOGOUT = "http://schemas.openid.net/event/backchannel-logout"


def works(browser: Browser) -> bool:
    return browser.get("/schools").status_code == 200


def takes(world: World, token: str) -> bool:
    return world.browser.api("/api/schools", token).status_code == 200


def test_logout_endpoint_answers_a_notice_with_200_and_no_store(world: World) -> None:
    answer = world.tell()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"


def test_introspection_is_not_called_while_no_session_has_ended(
    person: Browser, op: StandIn
) -> None:
    assert works(person)
    assert person.api("/api/schools", op.access_token()).status_code == 200
    assert "/introspect" not in op.calls


def test_sign_in_after_a_notice_is_accepted(world: World) -> None:
    world.browser.sign_in()
    world.tell()
    assert not works(world.browser)
    world.browser.sign_in()
    assert works(world.browser)


def test_notice_leaves_another_session_of_the_person(world: World) -> None:
    world.browser.sign_in()
    elsewhere = world.somebody_else()
    world.op.sid = "session-2"
    elsewhere.sign_in()
    world.tell(world.op.logout_token(sid="session-1"))
    assert not works(world.browser)
    assert works(elsewhere)


def test_notice_without_sid_ends_all_sessions_of_the_person(world: World) -> None:
    world.browser.sign_in()
    elsewhere = world.somebody_else()
    world.op.sid = "session-2"
    elsewhere.sign_in()
    world.tell(world.op.logout_token(sid=None))
    assert not works(world.browser)
    assert not works(elsewhere)


def test_notice_without_sub_ends_its_session(world: World) -> None:
    world.browser.sign_in()
    world.tell(world.op.logout_token(sub=None))
    assert not works(world.browser)


def test_notice_leaves_sessions_of_other_people(world: World) -> None:
    world.browser.sign_in()
    world.tell(world.op.logout_token(sub="0199-bea", sid="session-of-bea"))
    assert works(world.browser)


def test_notice_ends_a_session_whose_refresh_token_is_still_valid(world: World) -> None:
    """With `offline_access` the provider would refresh; the session here has ended all the same."""
    world.browser.sign_in()
    world.tell()
    with time_machine.travel(time.time() + 290):
        assert not works(world.browser)
    assert world.browser.get("/schools").location == "/sign-in"


def test_notice_ends_a_sign_in_under_way(world: World) -> None:
    """Its tokens were asked for before the notice came: nobody knows which of both was first."""
    world.op.before_tokens = world.tell
    world.browser.sign_in()
    assert not works(world.browser)
    world.op.before_tokens = lambda: None
    world.browser.sign_in()
    assert works(world.browser)


def test_api_refuses_tokens_from_before_the_notice_and_accepts_newer_ones(world: World) -> None:
    before = world.op.access_token()
    assert takes(world, before)
    world.tell()
    assert not takes(world, before)
    with time_machine.travel(time.time() + 2):
        assert not takes(world, before)
        assert takes(world, world.op.access_token())


def test_api_accepts_tokens_of_other_people_after_a_notice(world: World) -> None:
    world.tell()
    assert takes(world, world.op.access_token(sub="0199-bea"))


def test_notice_of_a_provider_whose_clock_is_ahead_ends_its_tokens(world: World) -> None:
    now = int(time.time())
    ahead = world.op.access_token(iat=now + 4)
    assert takes(world, ahead)
    world.tell(world.op.logout_token(iat=now + 4))
    assert not takes(world, ahead)


def test_api_introspects_a_token_of_another_service(world: World) -> None:
    """Its family is the other client's: nobody would tell us of its end (RFC 8693)."""
    token = world.op.access_token(client_id="another", act={"sub": "another"})
    assert takes(world, token)
    assert world.op.calls.count("/introspect") == 1
    world.op.withdrawn = True
    assert not takes(world, token)


def test_notice_is_stored_for_all_processes_and_restarts(world: World, tmp_path: Path) -> None:
    world.browser.sign_in()
    token = world.op.access_token()
    other_process = stand_in.example(world.op, tmp_path)
    stand_in.told(other_process, world.op.logout_token())
    assert not takes(world, token)
    assert not works(world.browser)
    restarted = Browser(stand_in.example(world.op, tmp_path), world.op)
    assert restarted.api("/api/schools", token).status_code == 401


def test_logout_token_sent_by_many_at_once_counts_once(world: World) -> None:
    token = world.op.logout_token()
    answers: list[int] = []
    threads = [
        threading.Thread(target=lambda: answers.append(world.tell(token).status_code))
        for _ in range(THREADS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200] + [400] * (THREADS - 1)


def test_replayed_logout_token_ends_no_session(world: World) -> None:
    token = world.op.logout_token()
    world.tell(token)
    world.browser.sign_in()
    assert world.tell(token).status_code == 400
    assert works(world.browser)


def test_repeated_notice_after_a_lost_response_is_accepted(world: World) -> None:
    """The provider signs anew for each try, and keeps the notice's name."""
    world.tell(world.op.logout_token(jti="notice", iat=int(time.time()) - 30))
    world.browser.sign_in()
    assert world.tell(world.op.logout_token(jti="notice")).status_code == 200
    assert works(world.browser)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another client"},
        {"aud": [CLIENT_ID, "another client"]},
        {"aud": None},
        {"iat": None},
        {"iat": 9e9},
        {"iat": "today"},
        {"exp": 1},
        {"exp": None},
        {"jti": None},
        {"jti": 7},
        {"nonce": "n"},
        {"sub": None, "sid": None},
        {"sub": "", "sid": ""},
        {"sub": 7},
        {"sid": {"a": 1}},
        {"events": None},
        {"events": {}},
        {"events": LOGOUT},
        {"events": [LOGOUT]},
        {"events": {LOGOUT: True}},
        {"events": {"http://schemas.openid.net/event/other": {}}},
        {"typ": "JWT"},
        {"typ": "at+jwt"},
        pytest.param({"key": new_key()}, id="the key of a stranger"),
    ],
    ids=str,
)
def test_LO_06_invalid_logout_token_is_refused_and_ends_no_session(
    world: World, wrong: dict[str, Any]
) -> None:
    world.browser.sign_in()
    answer = world.tell(world.op.logout_token(**wrong))
    assert answer.status_code == 400
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.get_json()["error"] == "Bad Request"
    assert works(world.browser)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "." * 1000, "é.ü.ä"])
def test_LO_06_malformed_logout_token_is_refused(world: World, token: str) -> None:
    world.browser.sign_in()
    assert stand_in.told(world.service, token).status_code == 400
    assert works(world.browser)


def test_LO_06_id_token_is_refused_as_logout_token(world: World) -> None:
    world.browser.sign_in()
    token = world.op.id_token("n", events={LOGOUT: {}}, jti="1")
    assert world.tell(token).status_code == 400
    assert works(world.browser)


def test_LO_06_logout_token_is_refused_as_access_token(world: World) -> None:
    token = world.op.logout_token(aud=stand_in.API, client_id=CLIENT_ID, scope="access")
    assert not takes(world, token)


def test_logout_endpoint_accepts_a_posted_form_only(world: World) -> None:
    client, path = world.service.test_client(), "/back-channel-logout"
    assert client.get(path, base_url=stand_in.BASE_URL).status_code == 405
    assert client.post(path, base_url=stand_in.BASE_URL).status_code == 400
    sent = {"logout_token": world.op.logout_token()}
    assert client.post(path, base_url=stand_in.BASE_URL, json=sent).status_code == 400


def test_notice_that_cannot_be_verified_is_answered_for_a_retry(world: World) -> None:
    world.op.answers["down"] = True
    assert world.tell().status_code == 503


def test_stored_notices_are_purged_after_the_longest_token(world: World, tmp_path: Path) -> None:
    world.tell()
    with time_machine.travel(time.time() + 25 * 60 * 60):
        world.tell()
    store = Store(str(tmp_path / "school_performance.sqlite3"))
    assert store.run("SELECT count(*) FROM ended") == [(1,)]


def test_client_without_logout_address_introspects_at_each_request(
    op: StandIn, tmp_path: Path
) -> None:
    service = stand_in.example(op, tmp_path, INTROSPECT="yes")
    asking = Browser(service, op)
    asking.sign_in()
    assert works(asking)
    assert stand_in.told(service, op.logout_token()).status_code == 400
    assert works(asking)
    op.withdrawn = True
    assert asking.get("/schools").status_code == 403
    assert asking.api("/api/schools", op.access_token()).status_code == 401
