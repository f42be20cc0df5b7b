"""Clients that are known by their TLS certificate, and tokens bound to one (RFC 8705)."""

from __future__ import annotations

import base64
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from flask import Flask
from flask.testing import FlaskClient
from joserfc.util import urlsafe_b64encode

from approvals.settings import Settings
from identity.oidc.clients.metadata import InvalidMetadata
from tests.conftest import settings
from tests.identity.oidc.authorities import Authority, in_header
from tests.identity.oidc.relying_party import ISSUER, RelyingParty, register
from tests.identity.oidc.signing_party import SigningParty

OURS = Authority("Clients of this provider")
THEIRS = Authority("Somebody else's clients")
REPORTS = "CN=reports,O=Reports Ltd"
HEADER = "HTTP_CLIENTCERT"
ORIGIN = "https://mtls.access.example.org"


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    authorities = tmp_path / "authorities.pem"
    authorities.write_bytes(OURS.pem)
    return settings(
        database_url,
        mail_directory=tmp_path / "mail",
        trusted_proxies="127.0.0.1/32",
        client_certificate_header="ClientCert",
        client_certificate_authorities=authorities,
        client_certificate_origin=ORIGIN,
    )


class Certified(RelyingParty):
    """A client of whose connection the proxy says which certificate it showed."""

    def shows(self, certificate: x509.Certificate | str | None) -> Certified:
        if certificate is None:
            self.http.environ_base.pop(HEADER, None)
        else:
            text = certificate if isinstance(certificate, str) else in_header(certificate)
            self.http.environ_base[HEADER] = text
        return self


def certified(app: Flask, **metadata: Any) -> Certified:
    return Certified(
        app.test_client(),
        register(
            **{
                "token_endpoint_auth_method": "tls_client_auth",
                "tls_client_auth_subject_dn": REPORTS,
                "tls_client_certificate_bound_access_tokens": True,
                **metadata,
            }
        ),
    )


def thumbprint(certificate: x509.Certificate) -> str:
    return urlsafe_b64encode(certificate.fingerprint(SHA256())).decode()


def test_client_authenticates_by_certificate_and_gets_bound_tokens(
    provider: Flask, browser: FlaskClient
) -> None:
    certificate = OURS.signs(REPORTS)
    rp = certified(provider).shows(certificate)
    assert "client_secret" not in rp.registration
    tokens = rp.tokens(browser)
    assert tokens["token_type"] == "Bearer"
    confirmation = {"x5t#S256": thumbprint(certificate)}
    assert rp.verified(tokens["access_token"])["cnf"] == confirmation
    assert rp.introspect(tokens["access_token"])["cnf"] == confirmation
    assert rp.userinfo(tokens["access_token"]).status_code == 200
    assert rp.refresh(tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("other", [None, OURS.signs(REPORTS)])
def test_bound_token_is_refused_with_another_certificate(
    provider: Flask, browser: FlaskClient, other: x509.Certificate | None
) -> None:
    rp = certified(provider).shows(OURS.signs(REPORTS))
    token = rp.tokens(browser)["access_token"]
    refused = rp.shows(other).userinfo(token)
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


@pytest.mark.parametrize(
    "certificate",
    [
        None,
        THEIRS.signs(REPORTS),
        OURS.signs(REPORTS, days=-1),
        OURS.signs("CN=reports,O=Another Ltd"),
        OURS.signs("CN=reports"),
    ],
    ids=["none", "another authority", "expired", "somebody else", "half the name"],
)
def test_client_with_another_certificate_is_refused(
    provider: Flask, certificate: x509.Certificate | None
) -> None:
    refused = certified(provider).shows(certificate).credentials()
    assert refused.status_code == 401
    assert refused.get_json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("member", "name", "san"),
    [
        ("tls_client_auth_san_dns", "reports.example", x509.DNSName("reports.example")),
        (
            "tls_client_auth_san_uri",
            "https://reports.example/",
            x509.UniformResourceIdentifier("https://reports.example/"),
        ),
        ("tls_client_auth_san_email", "it@reports.example", x509.RFC822Name("it@reports.example")),
        ("tls_client_auth_san_ip", "192.0.2.7", x509.IPAddress(ip_address("192.0.2.7"))),
    ],
)
def test_client_authenticates_by_a_subject_alternative_name(
    provider: Flask, member: str, name: str, san: x509.GeneralName
) -> None:
    rp = certified(provider, tls_client_auth_subject_dn=None, **{member: name})
    assert rp.shows(OURS.signs(REPORTS, san=san)).credentials().status_code == 200
    assert rp.shows(OURS.signs(REPORTS)).credentials().status_code == 401


def test_certificate_header_is_read_in_every_form_of_proxies(provider: Flask) -> None:
    rp = certified(provider)
    pem = OURS.signs(REPORTS).public_bytes(Encoding.PEM).decode()
    for text in (quote(pem), pem.replace("\n", " ")):
        assert rp.shows(text).credentials().status_code == 200


def of_another_version() -> str:
    """A certificate that says it is of X.509's version 8."""
    der = OURS.signs(REPORTS).public_bytes(Encoding.DER)
    changed = der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x07", 1)
    return f":{base64.b64encode(changed).decode()}:"


@pytest.mark.parametrize("text", ["no certificate", ":AAAA:", "%%%", ":é:", of_another_version()])
def test_unreadable_certificate_is_refused_with_a_description(provider: Flask, text: str) -> None:
    refused = certified(provider).shows(text.encode().decode("latin-1")).credentials()
    assert refused.status_code == 400
    assert refused.get_json()["error_description"] == "The client certificate cannot be read"


def test_certificate_header_is_read_from_trusted_proxies_only(provider: Flask) -> None:
    rp = certified(provider).shows(OURS.signs(REPORTS))
    rp.http.environ_base["REMOTE_ADDR"] = "192.0.2.1"
    assert rp.credentials().status_code == 401


def test_client_with_secret_may_get_certificate_bound_tokens(provider: Flask) -> None:
    rp = certified(
        provider,
        token_endpoint_auth_method="client_secret_basic",
        tls_client_auth_subject_dn=None,
    )
    assert rp.credentials().get_json()["error"] == "invalid_request"
    certificate = THEIRS.signs("CN=whoever")
    token = rp.shows(certificate).credentials().get_json()["access_token"]
    assert rp.verified(token)["cnf"] == {"x5t#S256": thumbprint(certificate)}


def test_metadata_announces_certificates_and_endpoint_aliases(provider: Flask) -> None:
    said = provider.test_client().get("/.well-known/openid-configuration").get_json()
    assert "tls_client_auth" in said["token_endpoint_auth_methods_supported"]
    assert said["tls_client_certificate_bound_access_tokens"] is True
    assert said["mtls_endpoint_aliases"]["token_endpoint"] == f"{ORIGIN}/token"


def test_second_origin_serves_the_same_endpoints(provider: Flask) -> None:
    rp = certified(provider).shows(OURS.signs(REPORTS))
    rp.http.environ_base["HTTP_HOST"] = "mtls.access.example.org"
    assert rp.credentials().status_code == 200


def test_proof_must_name_the_origin_that_is_called(provider: Flask) -> None:
    rp = certified(provider, tls_client_certificate_bound_access_tokens=False)
    rp.shows(OURS.signs(REPORTS))
    prover = SigningParty(provider.test_client())
    for origin, status in ((ORIGIN, 200), (ISSUER, 200), ("https://elsewhere.example", 400)):
        proof = prover.proof("/token", htu=f"{origin}/token")
        data = {"grant_type": "client_credentials"}
        assert rp.post("/token", data, headers={"DPoP": proof}).status_code == status


@pytest.mark.parametrize(
    "metadata",
    [
        {"tls_client_auth_subject_dn": None},
        {"tls_client_auth_subject_dn": "no name"},
        {"tls_client_auth_subject_dn": ""},
        {"tls_client_auth_san_ip": "reports.example", "tls_client_auth_subject_dn": None},
        {"tls_client_auth_san_dns": "reports.example"},
        {"token_endpoint_auth_method": "client_secret_basic"},
    ],
)
def test_registration_requires_one_certificate_subject(
    provider: Flask, metadata: dict[str, Any]
) -> None:
    with pytest.raises(InvalidMetadata):
        certified(provider, **metadata)


def test_fapi2_client_may_bind_tokens_to_certificates(provider: Flask) -> None:
    registered = certified(provider, profile="fapi2").registration
    assert registered["dpop_bound_access_tokens"] is False
    with pytest.raises(InvalidMetadata, match="always true"):
        certified(
            provider,
            profile="fapi2",
            tls_client_certificate_bound_access_tokens=False,
            dpop_bound_access_tokens=False,
        )


class TestWithoutCertificates:
    @pytest.fixture
    def app_settings(self, database_url: str) -> Settings:
        return settings(database_url)

    def test_certificates_are_not_announced_or_registered_without_header_setting(
        self, provider: Flask
    ) -> None:
        said = provider.test_client().get("/.well-known/openid-configuration").get_json()
        assert "tls_client_auth" not in said["token_endpoint_auth_methods_supported"]
        assert "mtls_endpoint_aliases" not in said
        for change in ({}, {"token_endpoint_auth_method": "client_secret_basic"}):
            with pytest.raises(InvalidMetadata):
                certified(provider, **change)
