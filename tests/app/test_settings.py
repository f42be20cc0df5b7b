"""Settings that production refuses to start with, and its message."""

import base64
import os
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import ValidationError

import wsgi
from app.unsafe_settings import warnings
from tests.conftest import settings

SQLITE = "sqlite:////nowhere/secure-access.sqlite3"
NOTIFY_UUID = "26785a09-ab16-4eb0-8407-a37497a57506"
NOTIFY_KEY = f"a_key-{NOTIFY_UUID}-3d844edf-8d35-48ac-975b-e847b4f122b0"
NOTIFY = {"notify_api_key": NOTIFY_KEY, "notify_template_id": NOTIFY_UUID}
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
        ({"notify_template_id": NOTIFY_UUID}, "both SECURE_ACCESS_NOTIFY_API_KEY and"),
        ({"notify_api_key": NOTIFY_KEY}, "both SECURE_ACCESS_NOTIFY_API_KEY and"),
        (NOTIFY | {"mail_directory": "/tmp"}, "SECURE_ACCESS_MAIL_DIRECTORY and"),
        (NOTIFY | {"notify_url": "http://notify.example"}, "SECURE_ACCESS_NOTIFY_URL must begin"),
    ],
)
def test_unsafe_setting_is_refused_with_advice(changes: dict[str, Any], advice: str) -> None:
    with pytest.raises(ValidationError, match=advice):
        settings(SQLITE, **changes)


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"database_url": "nonsense"}, "begin it with sqlite:/// or postgresql"),
        ({"database_url": "mysql://db/secure_access"}, "begin it with sqlite:/// or postgresql"),
        ({"database_url": "postgresql+psycopg://db:port/sa"}, "no address of a database"),
        ({"redis_url": "nonsense"}, "no address of Redis"),
        ({"redis_url": "http://localhost:6379"}, "no address of Redis"),
        ({"redis_url": "redis://localhost:port"}, "no address of Redis"),
        ({"redis_url": "REDIS://localhost"}, "no address of Redis"),
        ({"redis_url": "redis+sentinel://one:26379,two:26379"}, "no address of Redis"),
        ({"redis_url": "redis+cluster://one:7000,two"}, "no address of Redis"),
        ({"request_limit": "many"}, "no limit, such as 600 per minute"),
        ({"outbound_ca_file": "/nowhere.pem"}, "/nowhere.pem is no file of PEM certificates"),
        ({"outbound_ca_file": __file__}, "no file of PEM certificates"),
        ({"mail_directory": f"{__file__}/mail"}, "is no folder"),
        ({"notify_api_key": "secret"}, "it is no API key"),
        ({"notify_api_key": f"{NOTIFY_KEY}0"}, "it is no API key"),
        ({"notify_template_id": "reset"}, "it is no UUID"),
        ({"notify_url": "nonsense"}, "it is no origin"),
        ({"notify_url": "https://api.example/v2"}, "it is no origin"),
        ({"notify_url": "https://api.example:port"}, "it is no origin"),
        ({"metrics_directory": f"{__file__}/metrics"}, "is no folder"),
    ],
)
def test_value_that_nothing_can_work_with_is_refused_by_name(
    changes: dict[str, Any], advice: str
) -> None:
    (name,) = changes
    with pytest.raises(ValidationError, match=f"SECURE_ACCESS_{name.upper()}: .*{advice}"):
        settings(**({"database_url": SQLITE} | changes))


@pytest.mark.parametrize(
    "address",
    [
        "redis://:secret@db:6379/1",
        "rediss://db",
        "redis+unix:///run/redis.sock",
        "redis+sentinel://one:26379,two:26379/access",
        "redis+sentinel://:secret@one:26379,two:26379/access",
        "redis+cluster://one:7000,two:7000",
    ],
)
def test_addresses_of_redis_are_accepted(address: str) -> None:
    settings(SQLITE, redis_url=address)


def test_folder_that_this_user_cannot_look_into_is_refused_by_name(tmp_path: Path) -> None:
    settings(SQLITE)
    (tmp_path / "closed").mkdir(mode=0)
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        with pytest.raises(ValidationError, match="METRICS_DIRECTORY: .* cannot be read by this"):
            settings(SQLITE, metrics_directory=tmp_path / "closed" / "metrics")
    finally:
        os.seteuid(user)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("SECURE_ACCESS_PORT=1\nnonsense in a line\n", 2),
        ('SECURE_ACCESS_PORT=1\nSECURE_ACCESS_BIND="::1\n', 2),
        ("SECURE_ACCESS_PORT\n", 1),
    ],
)
def test_settings_file_with_a_line_that_would_be_left_out_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, line: int
) -> None:
    file = tmp_path / "settings.env"
    file.write_text(text)
    monkeypatch.setenv("SECURE_ACCESS_SETTINGS_FILE", str(file))
    with pytest.raises(click.ClickException, match=f"{file}, whose line {line} is not NAME=value"):
        wsgi.settings_file()


def test_settings_file_may_have_comments_quotes_and_exports(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "settings.env"
    file.write_text("# A comment\n\nexport A=1 # one\nB='two words'\nC=\n")
    monkeypatch.setenv("SECURE_ACCESS_SETTINGS_FILE", str(file))
    assert wsgi.settings_file() == file


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


@pytest.mark.parametrize("scheme", ["redis", "redis+sentinel", "redis+cluster"])
def test_warnings_name_unencrypted_redis_of_each_kind(scheme: str) -> None:
    warned = warnings(settings(SQLITE, redis_url=f"{scheme}://redis.example:7000/access"))
    assert [sentence.split()[0] for sentence in warned] == ["SECURE_ACCESS_REDIS_URL"]


def test_database_url_may_name_several_hosts() -> None:
    assert settings("postgresql+psycopg://db/secure_access", hosts=3).hosts == 3


def test_list_settings_are_separated_by_commas() -> None:
    chosen = settings(SQLITE, trusted_proxies="10.0.0.0/8, 192.0.2.1/32")
    assert [str(network) for network in chosen.trusted_proxies] == ["10.0.0.0/8", "192.0.2.1/32"]


def test_printed_settings_show_no_secrets() -> None:
    chosen = settings(SQLITE)
    assert chosen.secret_key.get_secret_value() not in repr(chosen)
