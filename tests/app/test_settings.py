"""What production refuses to start with, and what it says."""

from typing import Any

import pytest
from pydantic import ValidationError

from tests.conftest import settings

SQLITE = "sqlite:////nowhere/secure-access.sqlite3"


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"secret_key": "changeme"}, "SECURE_ACCESS_SECRET_KEY"),
        ({"secret_key": "a" * 64}, "SECURE_ACCESS_SECRET_KEY"),
        ({"encryption_keys": ""}, "SECURE_ACCESS_ENCRYPTION_KEYS"),
        ({"encryption_keys": "not-base64"}, "SECURE_ACCESS_ENCRYPTION_KEYS"),
        ({"encryption_keys": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}, "32 random bytes"),
        ({"issuer": "http://access.example.org"}, "https://"),
        ({"issuer": "https://access.example.org/path"}, "origin"),
        ({"issuer": "access.example.org"}, "SECURE_ACCESS_ISSUER"),
        ({"debug": True}, "no debug mode"),
        ({"hosts": 2}, "PostgreSQL"),
        ({"client_certificate_header": "Client-Cert"}, "client_certificate_header"),
    ],
)
def test_an_unsafe_setting_is_refused_with_what_to_set(
    changes: dict[str, Any], advice: str
) -> None:
    with pytest.raises(ValidationError, match=advice):
        settings(SQLITE, **changes)


def test_a_plain_http_issuer_is_accepted_on_the_loopback_only() -> None:
    assert not settings(SQLITE, issuer="http://localhost:8000").secure


def test_several_hosts_may_share_postgresql() -> None:
    assert settings("postgresql+psycopg://db/secure_access", hosts=3).hosts == 3


def test_lists_are_separated_by_commas() -> None:
    chosen = settings(SQLITE, trusted_proxies="10.0.0.0/8, 192.0.2.1/32")
    assert [str(network) for network in chosen.trusted_proxies] == ["10.0.0.0/8", "192.0.2.1/32"]


def test_secrets_do_not_show_when_settings_are_printed() -> None:
    chosen = settings(SQLITE)
    assert chosen.secret_key.get_secret_value() not in repr(chosen)
