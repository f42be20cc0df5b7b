"""Settings that production refuses to start with, and its message."""

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from app.unsafe_settings import warnings
from tests.conftest import settings

SQLITE = "sqlite:////nowhere/secure-access.sqlite3"
READABLE = base64.b64encode(b"correct horse battery staple 123").decode()
COUNTED = base64.b64encode(bytes(range(32))).decode()


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
        ({"encryption_keys": READABLE}, "32 random bytes"),
        ({"encryption_keys": COUNTED}, "32 random bytes"),
        ({"secret_key_fallbacks": "short"}, "SECURE_ACCESS_SECRET_KEY_FALLBACKS"),
        ({"trusted_proxies": "0.0.0.0/0"}, "SECURE_ACCESS_TRUSTED_PROXIES names nearly every"),
        ({"trusted_proxies": "::/0"}, "nearly every"),
        ({"trusted_proxies": "0.0.0.0/1, 128.0.0.0/1"}, "nearly every"),
        ({"trusted_proxies": "2000::/3"}, "nearly every"),
        ({"outbound_networks": "0.0.0.0/0"}, "SECURE_ACCESS_OUTBOUND_NETWORKS names nearly every"),
        ({"outbound_networks": "64.0.0.0/2,192.0.0.0/3"}, "nearly every"),
        ({"smtp_security": "none", "smtp_host": "mail.example.org"}, "starttls or tls"),
        ({"breached_passwords_url": "http://pwned.example/range"}, "https://"),
        ({"bind": "0.0.0.0"}, "SECURE_ACCESS_BIND"),
        ({"bind": "::"}, "SECURE_ACCESS_BIND"),
        ({"client_certificate_header": "Client-Cert"}, "client_certificate_header"),
    ],
)
def test_unsafe_setting_is_refused_with_advice(changes: dict[str, Any], advice: str) -> None:
    with pytest.raises(ValidationError, match=advice):
        settings(SQLITE, **changes)


def test_plain_http_issuer_is_accepted_on_the_loopback_only() -> None:
    assert not settings(SQLITE, issuer="http://localhost:8000").secure


def test_local_and_encrypted_connections_are_accepted() -> None:
    settings(SQLITE, smtp_security="none", smtp_host="127.0.0.1")
    settings(SQLITE, smtp_security="starttls", smtp_host="mail.example.org")
    settings(SQLITE, issuer="https://access.example.org", bind="0.0.0.0")
    settings(SQLITE, breached_passwords_url="http://localhost:9000/range/")
    private = "10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,127.0.0.0/8,100.64.0.0/10,fc00::/7,::1/128"
    settings(SQLITE, trusted_proxies=private, outbound_networks=private)


def test_warnings_name_settings_that_a_closed_network_justifies() -> None:
    safe = "postgresql+psycopg://db.example/sa?sslmode=verify-full"
    assert warnings(settings(safe, redis_url="rediss://redis.example")) == []
    warned = warnings(
        settings(
            "postgresql+psycopg://db.example/sa",
            redis_url="redis://redis.example",
            mail_directory="/var/mail",
            outbound_networks="10.0.0.0/8",
        )
    )
    names = ["DATABASE_URL", "REDIS_URL", "MAIL_DIRECTORY", "OUTBOUND_NETWORKS"]
    assert [sentence.split()[0] for sentence in warned] == [f"SECURE_ACCESS_{n}" for n in names]


def test_database_url_may_name_several_hosts() -> None:
    assert settings("postgresql+psycopg://db/secure_access", hosts=3).hosts == 3


def test_list_settings_are_separated_by_commas() -> None:
    chosen = settings(SQLITE, trusted_proxies="10.0.0.0/8, 192.0.2.1/32")
    assert [str(network) for network in chosen.trusted_proxies] == ["10.0.0.0/8", "192.0.2.1/32"]


def test_printed_settings_show_no_secrets() -> None:
    chosen = settings(SQLITE)
    assert chosen.secret_key.get_secret_value() not in repr(chosen)
