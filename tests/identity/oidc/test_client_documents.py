"""Keys behind a client's `jwks_uri`, and pairwise subjects with their sector's document."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import ECKey, OKPKey

from approvals.settings import Settings
from identity.oidc import backchannel
from identity.oidc.client_administration import actions
from identity.oidc.clients import store
from identity.oidc.clients.keys import LONGEST_KEPT
from identity.oidc.clients.metadata import InvalidMetadata
from identity.oidc.token.endpoint import GRANT_TYPES
from tests.conftest import settings
from tests.identity.oidc.publishing import Publishing
from tests.identity.oidc.relying_party import CALLBACK, RelyingParty, answer, register
from tests.identity.oidc.signing_party import SigningParty
from tests.identity.people import Person


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(
        database_url, mail_directory=tmp_path / "mail", outbound_networks=["127.0.0.0/8"]
    )


OTHER_KINDS: list[dict[str, Any]] = [
    dict(ECKey.generate_key("P-384").as_dict(private=False)),
    dict(OKPKey.generate_key("X25519").as_dict(private=False)),
    {"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"},
]


def change_registration(rp: RelyingParty, **changes: Any) -> None:
    kept = {name: rp.registration[name] for name in ("client_name", "grant_types", "redirect_uris")}
    asked = kept | {"subject_type": "pairwise"} | changes
    actions.update(rp.client_id, asked, grant_types=tuple(GRANT_TYPES))


def public(key: ECKey, kid: str = "k1", **members: str) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": kid, **members}


class TestKeysByAddress:
    @pytest.fixture
    def far_rp(self, provider: Flask, published: Publishing) -> SigningParty:
        """Its keys are where it says, not in its registration."""
        party = SigningParty(provider.test_client(), jwks=None, jwks_uri=published.address)
        published.document = {"keys": [public(party.key)]}
        return party

    def test_client_authenticates_by_keys_of_its_jwks_uri(self, far_rp: SigningParty) -> None:
        assert far_rp.push().status_code == 201

    def test_fetched_keys_are_kept_for_a_while(
        self, far_rp: SigningParty, published: Publishing
    ) -> None:
        for _ in range(3):
            assert far_rp.push().status_code == 201
        assert published.asked == 1

    def test_keys_for_encryption_are_ignored(
        self, far_rp: SigningParty, published: Publishing
    ) -> None:
        published.document["keys"].insert(0, public(ECKey.generate_key("P-384"), "e", use="enc"))
        assert far_rp.push().status_code == 201

    @pytest.mark.parametrize("other", OTHER_KINDS)
    def test_keys_of_other_kinds_are_ignored(
        self, far_rp: SigningParty, published: Publishing, other: dict[str, Any]
    ) -> None:
        published.document["keys"].insert(0, other)
        assert far_rp.push().status_code == 201

    def test_fetched_keys_are_used_for_a_day_while_the_address_is_down(
        self, far_rp: SigningParty, published: Publishing, later: Callable[[float], None]
    ) -> None:
        assert far_rp.push().status_code == 201
        published.status = 500
        later(LONGEST_KEPT - 60)
        assert far_rp.push().status_code == 201
        later(LONGEST_KEPT + 60)
        assert far_rp.push().status_code == 401
        published.status = 200
        later(LONGEST_KEPT + 120)
        assert far_rp.push().status_code == 201

    def test_client_with_unresponsive_jwks_uri_is_refused(
        self, far_rp: SigningParty, published: Publishing
    ) -> None:
        published.status = 500
        assert far_rp.push().status_code == 401


class TestKeysByValue:
    def test_keys_of_other_kinds_are_ignored(self, provider: Flask) -> None:
        key = ECKey.generate_key("P-256")
        party = SigningParty(provider.test_client(), jwks={"keys": [*OTHER_KINDS, public(key)]})
        party.key = key
        assert party.push().status_code == 201

    @pytest.mark.parametrize("other", OTHER_KINDS)
    def test_registration_requires_one_usable_key(
        self, provider: Flask, other: dict[str, Any]
    ) -> None:
        with pytest.raises(InvalidMetadata, match="jwks has no key for signatures"):
            SigningParty(provider.test_client(), jwks={"keys": [other]})

    @pytest.mark.parametrize(
        "broken", [{"kty": "EC"}, {"kty": "EC", "crv": "P-256", "x": "AA"}, {"crv": "P-384"}]
    )
    def test_registration_refuses_a_set_with_a_broken_key(
        self, provider: Flask, broken: dict[str, Any]
    ) -> None:
        keys = [public(ECKey.generate_key("P-256")), broken]
        with pytest.raises(InvalidMetadata, match="jwks"):
            SigningParty(provider.test_client(), jwks={"keys": keys})


class TestPairwiseSubjects:
    @pytest.fixture
    def apart_rp(self, provider: Flask) -> RelyingParty:
        registration = register(subject_type="pairwise", redirect_uris=["https://apart.example/cb"])
        return RelyingParty(provider.test_client(), registration)

    def test_pairwise_subject_is_the_same_within_a_sector(
        self, provider: Flask, apart_rp: RelyingParty, browser: FlaskClient, ada: Person
    ) -> None:
        same = register(subject_type="pairwise", redirect_uris=["https://apart.example/two"])
        other = register(subject_type="pairwise", redirect_uris=["https://other.example/cb"])
        parties = [RelyingParty(provider.test_client(), each) for each in (same, other)]
        names = [self._name(party, browser) for party in (apart_rp, *parties)]
        assert names[0] == names[1] != names[2]
        assert ada.account.subject not in names

    def test_pairwise_subject_is_used_in_every_token_and_response(
        self, apart_rp: RelyingParty, browser: FlaskClient
    ) -> None:
        wanted = '{"userinfo": {"sub": null}, "id_token": {"sub": null}}'
        tokens = apart_rp.tokens(browser, claims=wanted)
        name = apart_rp.verified(tokens["id_token"])["sub"]
        again = apart_rp.refresh(tokens["refresh_token"]).get_json()
        assert {
            apart_rp.verified(tokens["access_token"])["sub"],
            apart_rp.userinfo(tokens["access_token"]).get_json()["sub"],
            apart_rp.introspect(tokens["access_token"])["sub"],
            apart_rp.verified(again["id_token"])["sub"],
        } == {name}

    def test_pairwise_subject_is_used_in_logout_tokens(
        self, provider: Flask, apart_rp: RelyingParty, browser: FlaskClient, ada: Person
    ) -> None:
        client = store.find(apart_rp.client_id)
        assert client is not None
        said = backchannel.logout_token(
            client, subject=ada.account.subject, sid="s", identifier="i"
        )
        assert apart_rp.verified(said)["sub"] == self._name(apart_rp, browser)

    def test_id_token_hint_with_pairwise_subject_is_accepted(
        self, apart_rp: RelyingParty, browser: FlaskClient, stranger: FlaskClient
    ) -> None:
        hint = apart_rp.tokens(browser)["id_token"]
        assert "code" in apart_rp.authorize(browser, prompt="none", id_token_hint=hint)
        name = apart_rp.verified(hint)["sub"]
        wanted = f'{{"id_token": {{"sub": {{"value": "{name}"}}}}}}'
        assert "code" in apart_rp.authorize(browser, prompt="none", claims=wanted)
        address = apart_rp.registration["post_logout_redirect_uris"][0]
        leaving = browser.get(
            "/end-session",
            query_string={"id_token_hint": hint, "post_logout_redirect_uri": address},
        )
        assert leaving.headers["Location"] == address

    def test_id_token_hint_with_public_subject_of_another_person_is_refused(
        self, apart_rp: RelyingParty, browser: FlaskClient, ada: Person
    ) -> None:
        wanted = f'{{"id_token": {{"sub": {{"value": "{ada.account.subject}"}}}}}}'
        said = answer(browser.get(apart_rp.request(prompt="none", claims=wanted)))
        assert said["error"] == "login_required"

    @pytest.mark.parametrize(
        "change",
        [{"redirect_uris": ["https://moved.example/cb"]}, {"subject_type": "public"}],
        ids=["another-sector", "no-sector"],
    )
    def test_change_of_the_subject_ends_tokens(
        self, apart_rp: RelyingParty, browser: FlaskClient, change: dict[str, Any]
    ) -> None:
        tokens = apart_rp.tokens(browser)
        change_registration(apart_rp, **change)
        assert apart_rp.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
        assert apart_rp.introspect(tokens["access_token"]) == {"active": False}

    def test_change_that_leaves_the_subject_keeps_tokens(
        self, apart_rp: RelyingParty, browser: FlaskClient
    ) -> None:
        tokens = apart_rp.tokens(browser)
        change_registration(apart_rp, redirect_uris=["https://apart.example/moved"])
        assert apart_rp.refresh(tokens["refresh_token"]).status_code == 200

    def test_registration_with_several_hosts_requires_a_sector_identifier(
        self, provider: Flask
    ) -> None:
        with pytest.raises(InvalidMetadata, match="sector_identifier_uri is needed"):
            register(
                subject_type="pairwise",
                redirect_uris=[CALLBACK, "https://second.example/callback"],
            )

    def _name(self, rp: RelyingParty, browser: FlaskClient) -> str:
        claims = rp.verified(rp.tokens(browser)["id_token"])
        assert isinstance(claims["sub"], str)
        return claims["sub"]
