"""Attacks on the way to a provider and back, and forged tokens."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import RSAKey
from sqlalchemy import select

from app.database import db
from approvals.organisations.models import Organisation
from identity.upstream import connections
from identity.upstream.models import Connection, Identity, UpstreamJourney
from tests.approvals import world
from tests.approvals.federation.conftest import DOMAIN, come_back, facts, leave, prove
from tests.approvals.federation.dns_server import NameServer
from tests.approvals.federation.forging import ForgingProvider
from tests.approvals.federation.people import linked, sessions, to_provider
from tests.identity.walking import Page, Walker
from tests.races import copied, race


@pytest.fixture
def forging() -> Iterator[ForgingProvider]:
    provider = ForgingProvider()
    yield provider
    provider.close()


@pytest.fixture
def connection(
    app: Flask, melfield: Organisation, forging: ForgingProvider, name_server: NameServer
) -> Connection:
    """A trusted connection to the forging provider, with Grace's identity."""
    made = connections.connect(
        facts(melfield, forging.issuer, client_id="client-1", amr_trusted=True)
    )
    prove(made, name_server)
    linked(world.who(world.member(melfield, f"grace@{DOMAIN}")), made)
    return made


def sent(page: Page, forging: ForgingProvider) -> dict[str, str]:
    """Go to the provider; the parameters that it gets. Its next token has the right nonce."""
    address = leave(page)
    parameters = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    forging.claims["nonce"] = parameters["nonce"]
    return parameters


def answered(page: Page, parameters: dict[str, str], **changes: str) -> Page:
    """The provider's answer, as the browser brings it."""
    values = {"code": "a-code", "state": parameters["state"], **changes}
    query = "&".join(f"{name}={value}" for name, value in values.items() if value)
    return come_back(page, f"{parameters['redirect_uri']}?{query}")


def test_honest_answer_of_the_forging_provider_signs_in(
    client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    page = to_provider(client)
    answered(page, sent(page, forging))
    assert [session.organisations for session in sessions()] == [connection.organisations]


def test_request_has_pkce_state_and_nonce_and_the_code_is_redeemed_with_the_verifier(
    client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    page = to_provider(client)
    parameters = sent(page, forging)
    assert parameters["response_type"] == "code"
    assert parameters["code_challenge_method"] == "S256"
    assert len(parameters["code_challenge"]) == 43
    assert min(len(parameters["state"]), len(parameters["nonce"])) >= 22
    answered(page, parameters)
    assert len(forging.redeemed[0]["code_verifier"][0]) >= 43
    assert forging.redeemed[0]["redirect_uri"] == [parameters["redirect_uri"]]


CLAIMS: list[dict[str, Any]] = [
    {"iss": "https://evil.example"},
    {"iss": None},
    {"aud": "another-client"},
    {"aud": ["client-1", "another-client"]},
    {"aud": None},
    {"azp": "another-client"},
    {"nonce": "of another request"},
    {"nonce": None},
    {"sub": None},
    {"sub": ""},
    {"sub": "x" * 256},
    {"exp": 1_000_000_000},
    {"exp": None},
    {"iat": 1_000_000_000},
    {"iat": None},
    {"iat": int(time.time()) + 3600},
    {"nbf": int(time.time()) + 3600},
    {"exp": "soon"},
]


def test_id_token_with_a_wrong_claim_signs_in_nobody(
    client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    for claims in CLAIMS:
        page = to_provider(client)
        forging.claims = {}
        parameters = sent(page, forging)
        forging.claims |= claims
        page = answered(page, parameters)
        assert (page.status, page.heading) == (400, "You are not signed in"), claims
    assert not sessions()
    assert len(world.audited("upstream.sign_in_refused")) == len(CLAIMS)


def test_id_token_of_a_key_that_is_not_published_signs_in_nobody(
    client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    page = to_provider(client)
    parameters = sent(page, forging)
    forging.signing = RSAKey.generate_key(2048, {"kid": "one"})
    assert answered(page, parameters).status == 400
    assert not sessions()


def test_id_token_with_its_key_in_the_header_signs_in_nobody(
    client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    page = to_provider(client)
    parameters = sent(page, forging)
    forging.signing = RSAKey.generate_key(2048, {"kid": "two"})
    forging.header = {"kid": "two", "jwk": forging.signing.as_dict(private=False)}
    assert answered(page, parameters).status == 400
    assert not sessions()


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_id_token_without_signature_or_with_a_shared_key_signs_in_nobody(
    client: FlaskClient, connection: Connection, forging: ForgingProvider, alg: str
) -> None:
    page = to_provider(client)
    parameters = sent(page, forging)
    if alg == "HS256":
        forging.token = _signed_with_public_key(forging)
    else:
        forging.token = _unsigned(forging.id_token())
    assert answered(page, parameters).status == 400
    assert not sessions()


def _signed_with_public_key(forging: ForgingProvider) -> str:
    """A token whose HMAC secret is the public key: what algorithm confusion signs with."""
    header = _encoded(b'{"alg":"HS256","kid":"one","typ":"JWT"}')
    signed = f"{header}.{forging.id_token().split('.')[1]}"
    mac = hmac.digest(forging.key.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{_encoded(mac)}"


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unsigned(token: str) -> str:
    header = _encoded(b'{"alg":"none","typ":"JWT"}')
    return f"{header}.{token.split('.')[1]}."


def test_logout_token_is_no_id_token(
    client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    page = to_provider(client)
    parameters = sent(page, forging)
    forging.token = forging.logout_token(nonce=parameters["nonce"])
    assert answered(page, parameters).status == 400
    assert not sessions()


def test_answer_of_another_issuer_is_refused_before_its_code_is_sent_anywhere(
    client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    page = to_provider(client)
    page = answered(page, sent(page, forging), iss="https://evil.example")
    assert page.status == 400
    assert forging.redeemed == []
    assert not sessions()


def test_answer_without_issuer_is_refused_where_metadata_promises_one(
    client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    forging.metadata["authorization_response_iss_parameter_supported"] = True
    connections.check(connection)
    page = to_provider(client)
    parameters = sent(page, forging)
    assert answered(page, parameters).status == 400
    assert forging.redeemed == []
    page = to_provider(client)
    answered(page, sent(page, forging), iss=forging.issuer)
    assert len(sessions()) == 1


def test_mix_up_answer_at_the_address_of_another_connection_is_refused(
    client: FlaskClient, connection: Connection, forging: ForgingProvider, elm: Organisation
) -> None:
    other = ForgingProvider()
    try:
        second = connections.connect(facts(elm, other.issuer, client_id="client-1"))
        page = to_provider(client)
        parameters = sent(page, forging)
        parameters["redirect_uri"] = parameters["redirect_uri"].replace(
            connection.public_id, second.public_id
        )
        assert answered(page, parameters).status == 400
        assert forging.redeemed == other.redeemed == []
        assert not sessions()
    finally:
        other.close()


def test_two_connections_with_one_subject_are_two_people(
    client: FlaskClient,
    connection: Connection,
    elm: Organisation,
    name_server: NameServer,
) -> None:
    other = ForgingProvider()
    try:
        second = connections.connect(
            facts(
                elm, other.issuer, name="Melfield account", client_id="client-1", amr_trusted=True
            )
        )
        prove(second, name_server, "elm.example")
        page = to_provider(client, "grace@elm.example")
        page = answered(page, sent(page, other))
        assert page.status == 403
        assert not sessions()
        emma = linked(world.who(world.member(elm, "emma@elm.example")), second)
        page = to_provider(client, "grace@elm.example")
        answered(page, sent(page, other))
        assert [session.account_id for session in sessions()] == [emma.id]
    finally:
        other.close()


def test_CS_09_state_of_another_browser_signs_in_nobody(
    app: Flask, client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    attackers = to_provider(app.test_client())
    parameters = sent(attackers, forging)
    victims = to_provider(client)
    page = answered(victims, parameters)
    assert (page.status, page.heading) == (400, "You are not signed in")
    assert forging.redeemed == []
    assert not sessions()


@pytest.mark.parametrize("state", ["", "guessed", "%00"])
def test_CS_09_answer_without_a_known_state_is_refused(
    client: FlaskClient, connection: Connection, forging: ForgingProvider, state: str
) -> None:
    page = to_provider(client)
    parameters = sent(page, forging)
    assert answered(page, parameters | {"state": state}).status == 400
    assert forging.redeemed == []


def test_CS_09_injected_code_of_another_request_gives_no_session(
    app: Flask, client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    """The code belongs to the attacker's request, whose nonce its ID token has."""
    attackers = sent(to_provider(app.test_client()), forging)
    page = to_provider(client)
    parameters = sent(page, forging)
    forging.claims["nonce"] = attackers["nonce"]
    assert answered(page, parameters).status == 400
    assert not sessions()


def test_CS_09_answer_counts_once(
    client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    page = to_provider(client)
    parameters = sent(page, forging)
    answered(page, parameters)
    assert answered(page, parameters).status == 400
    assert len(forging.redeemed) == 1


def test_CS_09_forty_answers_at_once_begin_one_session(
    app: Flask, client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    page = to_provider(client)
    parameters = sent(page, forging)
    path = urlsplit(parameters["redirect_uri"]).path

    def answer(_number: int) -> int:
        address = f"{path}?code=a-code&state={parameters['state']}"
        return copied(client).get(address).status_code

    statuses = race(app, answer)
    assert sorted(statuses) == [303] + [400] * 39
    assert len(forging.redeemed) == 1
    assert len(sessions()) == 1


@pytest.mark.parametrize("change", ["switched off", "other organisation"])
def test_change_of_the_connection_during_sign_ins_leaves_no_session_on_former_terms(
    app: Flask,
    elm: Organisation,
    connection: Connection,
    forging: ForgingProvider,
    change: str,
) -> None:
    answers: list[tuple[FlaskClient, str]] = []
    for number in range(12):
        browser = app.test_client()
        parameters = sent(to_provider(browser), forging)
        forging.nonces[f"code-{number}"] = parameters["nonce"]
        path = urlsplit(parameters["redirect_uri"]).path
        answers.append((browser, f"{path}?code=code-{number}&state={parameters['state']}"))
    public_id, new = connection.public_id, facts(elm, forging.issuer, client_id="client-1")

    def act(number: int) -> int:
        if number < len(answers):
            browser, address = answers[number]
            return browser.get(address).status_code
        present = db.session.scalars(select(Connection).filter_by(public_id=public_id)).one()
        if change == "switched off":
            connections.switch_off(present)
        else:
            connections.change(present, new)
        return 0

    statuses = race(app, act, threads=len(answers) + 1)
    assert set(statuses) <= {0, 303, 400, 403, 409}
    assert not [each for each in sessions() if each.organisations != [elm.public_id]]
    assert change != "switched off" or not sessions()


def test_error_of_the_provider_signs_in_nobody_and_names_no_detail(
    client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    page = to_provider(client)
    parameters = sent(page, forging)
    page = answered(page, parameters, code="", error="access_denied", error_description="evil")
    assert page.status == 400
    assert "evil" not in page.text


def test_changed_email_address_at_the_provider_changes_nobody(
    client: FlaskClient, connection: Connection, forging: ForgingProvider, melfield: Organisation
) -> None:
    victim = world.who(world.member(melfield, f"victim@{DOMAIN}"))
    page = to_provider(client)
    parameters = sent(page, forging)
    forging.claims |= {"email": victim.email, "email_verified": True}
    answered(page, parameters)
    (session,) = sessions()
    assert session.account.email == f"grace@{DOMAIN}"
    identities = db.session.scalars(select(Identity.account_id)).all()
    assert victim.id not in identities


def test_journey_keeps_no_secret_in_clear(
    client: FlaskClient, connection: Connection, forging: ForgingProvider
) -> None:
    parameters = sent(to_provider(client), forging)
    row = db.session.scalars(select(UpstreamJourney)).one()
    kept = json.dumps([row.sealed, row.state_hash, row.browser_hash])
    assert parameters["state"] not in kept
    assert parameters["nonce"] not in kept


def test_outage_says_so_and_offers_the_password(
    client: FlaskClient, connection: Connection, forging: ForgingProvider, app: Flask
) -> None:
    page = to_provider(client)
    forging.silent = True
    provider_cache_is_empty(app)
    page = page.submit()
    assert (page.status, page.heading) == (503, "Melfield account does not answer")
    assert "you can sign in with it" in page.text
    assert page.walker.get(page.link("Back to sign in")).heading == "Sign in"


def provider_cache_is_empty(app: Flask) -> None:
    from identity.upstream import provider

    provider._providers.forget(app)
    provider._keys.forget(app)


class TestLogoutTokens:
    """Back-channel logout of the provider (OpenID Connect Back-Channel Logout 1.0, 2.6)."""

    @pytest.fixture
    def signed_in(
        self, client: FlaskClient, connection: Connection, forging: ForgingProvider
    ) -> Walker:
        page = to_provider(client)
        parameters = sent(page, forging)
        forging.claims["sid"] = "session-1"
        return answered(page, parameters).walker

    def post(self, app: Flask, connection: Connection, token: str) -> int:
        address = f"/sign-in/organisation/{connection.public_id}/logout"
        return app.test_client().post(address, data={"logout_token": token}).status_code

    @pytest.mark.parametrize("changes", [{}, {"sub": None, "sid": "session-1", "exp": None}])
    def test_logout_token_ends_the_session(
        self,
        app: Flask,
        signed_in: Walker,
        connection: Connection,
        forging: ForgingProvider,
        changes: dict[str, Any],
    ) -> None:
        assert len(sessions()) == 1
        assert self.post(app, connection, forging.logout_token(**changes)) == 200
        assert not sessions()
        assert world.audited("upstream.signed_out")

    def test_logout_token_of_another_session_ends_nothing(
        self, app: Flask, signed_in: Walker, connection: Connection, forging: ForgingProvider
    ) -> None:
        assert self.post(app, connection, forging.logout_token(sid="session-2")) == 200
        assert self.post(app, connection, forging.logout_token(sub="other", jti="2")) == 200
        assert len(sessions()) == 1

    def test_logout_token_leaves_sessions_with_own_factors(
        self, app: Flask, signed_in: Walker, connection: Connection, forging: ForgingProvider
    ) -> None:
        own = world.session_of(sessions()[0].account)
        assert own
        assert self.post(app, connection, forging.logout_token()) == 200
        assert [session.is_limited for session in sessions()] == [False]

    def test_replayed_logout_token_is_refused(
        self, app: Flask, signed_in: Walker, connection: Connection, forging: ForgingProvider
    ) -> None:
        token = forging.logout_token()
        path = f"/sign-in/organisation/{connection.public_id}/logout"
        statuses = race(
            app,
            lambda _number: app.test_client().post(path, data={"logout_token": token}).status_code,
        )
        assert sorted(statuses) == [200] + [400] * 39
        assert self.post(app, connection, token) == 400

    WRONG: ClassVar[list[dict[str, Any]]] = [
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"events": None},
        {"events": {"other": {}}},
        {"nonce": "n"},
        {"jti": None},
        {"sub": None},
        {"iat": 1_000_000_000, "exp": None},
        {"exp": 1_000_000_000},
    ]

    def test_wrong_logout_token_ends_nothing(
        self, app: Flask, signed_in: Walker, connection: Connection, forging: ForgingProvider
    ) -> None:
        for changes in self.WRONG:
            assert self.post(app, connection, forging.logout_token(**changes)) == 400, changes
        assert len(sessions()) == 1

    def test_logout_tokens_during_an_outage_ask_the_provider_once(
        self, app: Flask, connection: Connection, forging: ForgingProvider
    ) -> None:
        """Anybody can post here: each request would hold a thread until the provider fails."""
        forging.silent = True
        provider_cache_is_empty(app)
        for _ in range(5):
            assert self.post(app, connection, forging.logout_token()) == 400
        assert forging.unanswered == 1

    def test_id_token_and_junk_are_no_logout_tokens(
        self, app: Flask, signed_in: Walker, connection: Connection, forging: ForgingProvider
    ) -> None:
        for token in (forging.id_token(), "", "junk", "a.b.c"):
            assert self.post(app, connection, token) == 400
        assert len(sessions()) == 1
