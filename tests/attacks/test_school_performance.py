"""Attacks on the example relying application: answers and tokens that are not meant for it."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import time_machine
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.examples import stand_in
from tests.examples.stand_in import API, CLIENT_ID, World, access, new_key

MARKUP = '<img src=x onerror="alert(1)">'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with stand_in.running(tmp_path) as running:
        yield running


def changed(callback: str, **parameters: str | None) -> str:
    query = {name: values[0] for name, values in parse_qs(urlsplit(callback).query).items()}
    kept = {name: value for name, value in (query | parameters).items() if value is not None}
    return f"/callback?{urlencode(kept)}"


def refused(world: World, callback: str) -> bool:
    answer = world.browser.get(callback)
    inside = world.browser.get("/schools").status_code == 200
    return answer.status_code == 400 and "did not finish" in answer.text and not inside


def test_CS_09_callback_with_the_state_of_another_browser_is_refused(world: World) -> None:
    other = world.somebody_else()
    theirs = other.callback_of(other.get("/sign-in"))
    assert refused(world, theirs)
    world.browser.get("/sign-in")
    assert refused(world, theirs)


@pytest.mark.parametrize("state", [None, "", "made-up"])
def test_CS_09_callback_without_the_right_state_is_refused(world: World, state: str | None) -> None:
    callback = world.browser.callback_of(world.browser.get("/sign-in"))
    assert refused(world, changed(callback, state=state))


def test_CS_09_callback_is_accepted_once(world: World) -> None:
    callback = world.browser.callback_of(world.browser.get("/sign-in"))
    assert world.browser.get(callback).status_code == 302
    assert world.browser.get(callback).status_code == 400


def test_CS_09_code_of_another_person_is_refused(world: World) -> None:
    """Injected code: its challenge belongs to another verifier."""
    other = world.somebody_else()
    stolen = parse_qs(urlsplit(other.callback_of(other.get("/sign-in"))).query)["code"][0]
    callback = world.browser.callback_of(world.browser.get("/sign-in"))
    assert refused(world, changed(callback, code=stolen))


def test_CS_09_id_token_with_another_nonce_is_refused(world: World) -> None:
    world.op.answers["token"] = {"id_token": world.op.id_token("another nonce")}
    callback = world.browser.callback_of(world.browser.get("/sign-in"))
    assert refused(world, callback)


@pytest.mark.parametrize("iss", [None, "", "https://evil.example"])
def test_CS_09_callback_of_another_issuer_is_refused(world: World, iss: str | None) -> None:
    callback = world.browser.callback_of(world.browser.get("/sign-in"))
    assert refused(world, changed(callback, iss=iss))
    assert "/token" not in world.op.calls, "the code was not sent anywhere"


def test_CS_09_callback_error_shows_no_text_of_the_issuer(world: World) -> None:
    world.op.answers["authorize"] = {"error": "server_error", "error_description": MARKUP}
    callback = world.browser.callback_of(world.browser.get("/sign-in"))
    answer = world.browser.get(callback)
    assert answer.status_code == 400
    assert "onerror" not in answer.text


def test_CS_09_cancelled_sign_in_is_reported_and_starts_no_session(world: World) -> None:
    world.op.answers["authorize"] = {"error": "access_denied", "error_description": MARKUP}
    answer = world.browser.get(world.browser.callback_of(world.browser.get("/sign-in")))
    assert answer.status_code == 200
    assert "onerror" not in answer.text
    assert world.browser.get("/schools").status_code != 200


@pytest.mark.parametrize(
    "claims", [{"iss": "https://evil.example"}, {"aud": "another client"}, {"exp": 1}]
)
def test_JW_07_id_token_for_another_client_starts_no_session(
    world: World, claims: dict[str, Any]
) -> None:
    start = world.browser.get("/sign-in")
    nonce = stand_in.asked_of(start)["nonce"]
    world.op.answers["token"] = {"id_token": world.op.id_token(nonce, **claims)}
    assert refused(world, world.browser.callback_of(start))


def test_JW_01_unsigned_id_token_starts_no_session(world: World) -> None:
    start = world.browser.get("/sign-in")
    claims = {
        "iss": world.op.issuer,
        "aud": CLIENT_ID,
        "sub": "0199-ada",
        "nonce": stand_in.asked_of(start)["nonce"],
        "iat": int(time.time()),
        "exp": int(time.time()) + 300,
    }
    world.op.answers["token"] = {"id_token": unsigned(claims, "JWT")}
    assert refused(world, world.browser.callback_of(start))


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def unsigned(claims: dict[str, Any], typ: str, alg: str = "none") -> str:
    parts = [json.dumps({"alg": alg, "typ": typ}), json.dumps(claims)]
    return ".".join(encoded(part.encode()) for part in parts) + "."


def status(world: World, token: str) -> int:
    answer = world.browser.api("/api/schools", token)
    if answer.status_code == 401:
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
        assert "Ashfield" not in answer.text
    return answer.status_code


def payload(token: str) -> dict[str, Any]:
    body = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=="))
    return claims


def test_api_accepts_a_valid_token(world: World) -> None:
    assert status(world, world.op.access_token()) == 200


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "HS256", "ES256"])
def test_JW_01_token_without_a_signature_is_refused(world: World, alg: str) -> None:
    claims = payload(world.op.access_token())
    assert status(world, unsigned(claims, "at+jwt", alg)) == 401


def test_JW_02_token_signed_by_another_key_is_refused(world: World) -> None:
    stranger = ECKey.generate_key("P-256", {"kid": str(world.op.keys[0].kid)})
    assert status(world, world.op.access_token(key=stranger)) == 401


def test_JW_02_changed_token_is_refused(world: World) -> None:
    head, _, signature = world.op.access_token().split(".")
    richer = payload(world.op.access_token()) | {"capabilities": ["view_pupil_names"]}
    body = encoded(json.dumps(richer).encode())
    assert status(world, f"{head}.{body}.{signature}") == 401


def test_JW_02_new_key_is_fetched_and_old_key_is_forgotten(world: World) -> None:
    old = world.op.keys[0]
    assert status(world, world.op.access_token()) == 200
    world.op.keys.append(new_key())
    with travelled(11):
        assert status(world, world.op.access_token()) == 200
    world.op.keys.remove(old)
    with travelled(400):
        assert status(world, world.op.access_token(key=old, exp=int(time.time()) + 900)) == 401


def travelled(seconds: float) -> Any:
    return time_machine.travel(time.time() + seconds)


def test_JW_02_unknown_kid_does_not_cause_repeated_fetches(world: World) -> None:
    for _ in range(20):
        assert status(world, world.op.access_token(key=new_key())) == 401
    assert world.op.calls.count("/keys") <= 2


@pytest.mark.parametrize("form", ["pem", "der", "json"])
def test_JW_03_token_signed_with_public_key_as_secret_is_refused(world: World, form: str) -> None:
    public = world.op.keys[0]
    secret = {
        "pem": public.as_pem(private=False),
        "der": public.as_der(private=False),
        "json": json.dumps(public.as_dict(private=False)).encode(),
    }[form]
    header = {"alg": "HS256", "typ": "at+jwt", "kid": public.kid or ""}
    claims = payload(world.op.access_token())
    parts = [json.dumps(header), json.dumps(claims)]
    signed = ".".join(encoded(part.encode()) for part in parts)
    signature = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
    assert status(world, f"{signed}.{encoded(signature)}") == 401


@pytest.mark.parametrize("kid", ["../../../dev/null", "' OR 1=1 --", ""])
def test_JW_04_key_in_the_header_is_ignored(world: World, kid: str) -> None:
    stranger = new_key()
    header = {
        "alg": "ES256",
        "typ": "at+jwt",
        "kid": kid,
        "jwk": stranger.as_dict(private=False),
        "jku": f"{world.op.issuer}/strangers-keys",
    }
    token = jwt.encode(header, payload(world.op.access_token()), stranger)
    assert status(world, token) == 401
    assert "/strangers-keys" not in world.op.calls


def test_JW_05_unknown_critical_header_is_refused(world: World) -> None:
    key = world.op.keys[0]
    parts = [
        json.dumps({"alg": "ES256", "typ": "at+jwt", "kid": key.kid, "crit": ["x"], "x": 1}),
        json.dumps(payload(world.op.access_token())),
    ]
    signed = ".".join(encoded(part.encode()) for part in parts)
    signature = jws.JWSRegistry.algorithms["ES256"].sign(signed.encode(), key)
    assert status(world, f"{signed}.{encoded(signature)}") == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": 1},
        {"exp": None},
        {"exp": "2099-01-01"},
        {"exp": float("nan")},
        {"exp": float("inf")},
        {"nbf": 9e9},
        {"iat": "today"},
        {"iat": 10**400},
        {"sub": None},
        {"sub": 7},
        {"jti": None},
        {"client_id": None},
    ],
)
def test_JW_06_token_with_malformed_times_or_names_is_refused(
    world: World, claims: dict[str, Any]
) -> None:
    assert status(world, world.op.access_token(**claims)) == 401


@pytest.mark.parametrize("typ", ["JWT", "logout+jwt", "", "at+jwt+x"])
def test_JW_07_token_of_another_kind_is_refused(world: World, typ: str) -> None:
    assert status(world, world.op.access_token(typ=typ)) == 401


def test_JW_07_id_token_is_refused_as_access_token(world: World) -> None:
    assert status(world, world.op.id_token("nonce", aud=API, client_id=CLIENT_ID, jti="1")) == 401


@pytest.mark.parametrize(
    "audience", [None, "", "http://localhost:8001", f"{API}/", [API], [API, "other"], {"a": API}]
)
def test_JW_07_token_for_another_audience_is_refused(world: World, audience: Any) -> None:
    assert status(world, world.op.access_token(aud=audience)) == 401


def test_JW_07_token_for_the_issuer_is_refused(world: World) -> None:
    assert status(world, world.op.access_token(world.op.issuer)) == 401


def test_JW_07_token_of_another_issuer_is_refused(world: World) -> None:
    assert status(world, world.op.access_token(iss="https://evil.example")) == 401


@pytest.mark.parametrize("typ", ["at+jwt", "AT+JWT", "application/at+jwt"])
def test_JW_07_typ_is_accepted_with_and_without_application(world: World, typ: str) -> None:
    assert status(world, world.op.access_token(typ=typ)) == 200


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "." * 10_000, "é.ü.ä", "a" * 60_000])
def test_JW_08_malformed_token_is_refused_quickly(world: World, token: str) -> None:
    assert status(world, world.op.access_token()) == 200
    before = time.process_time()
    assert status(world, token) == 401
    assert time.process_time() - before < 0.5


@pytest.mark.parametrize("alg", ["RSA-OAEP", "RSA1_5", "dir"])
def test_JW_09_encrypted_token_is_not_opened(world: World, alg: str) -> None:
    header = encoded(json.dumps({"alg": alg, "enc": "A128GCM", "zip": "DEF"}).encode())
    assert status(world, f"{header}.AA.AA.AA.AA") == 401


def test_withdrawn_token_is_refused_although_its_signature_is_good(world: World) -> None:
    token = world.op.access_token()
    assert status(world, token) == 200
    world.tell()
    assert status(world, token) == 401


def test_api_refuses_token_without_scope_with_insufficient_scope(world: World) -> None:
    assert status(world, world.op.access_token(scope="openid profile")) == 403
    assert status(world, world.op.access_token(scope=None)) == 403


def test_api_refuses_a_session_in_place_of_a_token(world: World) -> None:
    world.browser.sign_in()
    assert world.browser.get("/api/schools").status_code == 401


@pytest.mark.parametrize(
    "urn", ["100002", "100001%20", "100001'--", "%00", "T00001", "..%2f100001"]
)
def test_ID_04_school_outside_the_remit_is_not_returned(world: World, urn: str) -> None:
    world.browser.sign_in()
    for path in (f"/schools/{urn}", f"/schools/{urn}/print", f"/schools/{urn}/csv"):
        assert world.browser.get(path).status_code in (403, 404)
    answer = world.browser.api(f"/api/schools/{urn}", world.op.access_token())
    assert answer.status_code in (403, 404)


def test_ID_04_anonymous_rights_give_no_name_through_the_api(world: World) -> None:
    world.op.claims = access([])
    rows = world.browser.api("/api/schools/100001", world.op.access_token()).get_json()["rows"]
    assert rows
    assert all(part.endswith(".") for row in rows for part in row[1].split())


def test_CS_01_form_without_its_token_is_refused(world: World) -> None:
    world.browser.sign_in()
    post = world.browser.service.post
    for path in ("/sign-in", "/sign-out", "/schools/100001/upload"):
        for data in ({}, {"csrf_token": "made-up"}):
            assert post(path, base_url=stand_in.BASE_URL, data=data).status_code == 400
    assert world.browser.get("/schools").status_code == 200


def test_CS_01_form_token_of_another_session_is_refused(world: World) -> None:
    world.browser.sign_in()
    other = world.somebody_else()
    other.sign_in()
    theirs = other.text("/schools").partition('name="csrf_token" value="')[2].partition('"')[0]
    answer = world.browser.service.post(
        "/sign-out", base_url=stand_in.BASE_URL, data={"csrf_token": theirs}
    )
    assert answer.status_code == 400


def test_TX_04_markup_in_names_is_shown_as_text(world: World) -> None:
    world.op.name = MARKUP
    world.op.schools = [{"urn": "100001", "name": MARKUP}]
    world.op.claims["organisation"] = {"id": "org-1", "name": MARKUP}
    world.op.claims["user_group"] = {"code": "x", "name": MARKUP}
    world.browser.sign_in()
    for path in (
        "/schools",
        "/schools/100001",
        "/schools/100001/print",
        "/schools/1",
        "/downloads",
    ):
        page = world.browser.text(path)
        assert MARKUP not in page
        assert "&lt;img" in page
    page = world.browser.text("/schools?" + urlencode({"q": MARKUP}))
    assert MARKUP not in page


@pytest.mark.parametrize("text", ["{{ 7*7 }}", "%s", "' OR 1=1 --", "\x00"])
def test_TX_05_searches_and_parameters_are_taken_literally(world: World, text: str) -> None:
    world.browser.sign_in()
    asked = urlencode({"q": text})
    assert "No school of yours matches" in world.browser.text(f"/schools?{asked}")
    for name in ("column", "sort", "group", "filter"):
        answer = world.browser.get("/schools/100001?" + urlencode({name: text}))
        assert answer.status_code == 400, name


def test_HC_02_error_page_has_no_internals(world: World) -> None:
    world.op.claims["remit"] = {"kind": "own", "version": "1"}
    world.browser.sign_in()
    world.service.config["PROPAGATE_EXCEPTIONS"] = False
    answer = world.browser.get("/schools")
    assert answer.status_code == 500
    assert "Traceback" not in answer.text
    assert "KeyError" not in answer.text


def test_SS_03_redirect_of_the_issuer_is_not_followed(world: World) -> None:
    world.op.answers["issuer"] = "https://evil.example"
    assert status(world, world.op.access_token()) == 503


def test_JW_10_rsa_key_verifies_only_what_it_signed(world: World) -> None:
    key = RSAKey.generate_key(2048, {"kid": "rsa", "use": "sig"})
    claims = payload(world.op.access_token())
    token = jwt.encode({"alg": "RS256", "typ": "at+jwt", "kid": "rsa"}, claims, key)
    assert status(world, token) == 401
    oct_key = OctKey.import_key("a" * 32)
    token = jwt.encode({"alg": "HS256", "typ": "at+jwt", "kid": "rsa"}, claims, oct_key)
    assert status(world, token) == 401
