"""Values of settings that nothing can work with: rules for `settings.py`, which refuses them.

Each rule returns what is wrong, for a sentence that begins with the setting's name. Libraries are
imported where a value is to be checked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

DATABASES = ("sqlite:///", "sqlite://", "postgresql+psycopg://")
REDIS_SERVER = ("redis://", "rediss://", "redis+unix://")
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
REDIS_SENTINEL, REDIS_CLUSTER = "redis+sentinel://", "redis+cluster://"


def why_no_database(address: str) -> str | None:
    """Return why the address is none of a database that the service can use."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    if not address.startswith(DATABASES):
        return "begin it with sqlite:/// or postgresql+psycopg://"
    try:
        make_url(address)
    except (ArgumentError, ValueError):
        return "it is no address of a database, such as postgresql+psycopg://user@host/name"
    return None


def why_no_redis(address: str) -> str | None:
    """Return why the address is none of a Redis server, of its sentinels or of a cluster."""
    try:
        if address.startswith(REDIS_SERVER):
            port = urlsplit(address).port
            usable = port is None or port > 0
        elif address.startswith((REDIS_SENTINEL, REDIS_CLUSTER)):
            parts = urlsplit(address)
            hosts = [urlsplit(f"//{host}") for host in _without_password(parts.netloc).split(",")]
            # The library needs each port, and the name of the group that the sentinels watch.
            usable = all(host.hostname and host.port for host in hosts)
            usable = usable and (parts.scheme != "redis+sentinel" or len(parts.path) > 1)
        else:
            usable = False
    except ValueError:
        usable = False
    return None if usable else "it is no address of Redis, such as redis://localhost:6379/0"


def _without_password(netloc: str) -> str:
    return netloc.rpartition("@")[2]


def why_no_limit(text: str) -> str | None:
    """Return why the text is no limit of requests."""
    from limits import parse_many

    try:
        parse_many(text)
    except ValueError:
        return "it is no limit, such as 600 per minute"
    return None


def why_no_certificates(file: str) -> str | None:
    """Return why the file has no certificates in PEM."""
    from cryptography import x509

    try:
        x509.load_pem_x509_certificates(Path(file).read_bytes())
    except (OSError, ValueError):
        return f"{file} is no file of PEM certificates"
    return None


def why_no_folder(folder: str) -> str | None:
    """Return why the process can neither write to the folder nor create it."""
    present = Path(folder).absolute()
    try:
        while not present.exists():
            present = present.parent
    except PermissionError:
        return f"{present} cannot be read by this user"
    if not present.is_dir():
        return f"{present} is no folder"
    if not os.access(present, os.W_OK | os.X_OK):
        return f"{present} cannot be written by this user"
    return None


def why_no_notify_key(key: str) -> str | None:
    """Return why the text is no API key of GOV.UK Notify: a name, the service's id, the secret."""
    if re.fullmatch(rf"[^\s]+-{_UUID}-{_UUID}", key):
        return None
    return "it is no API key of GOV.UK Notify: a name and two UUIDs, joined by hyphens"


def why_no_uuid(text: str) -> str | None:
    """Return why the text is no UUID."""
    return None if re.fullmatch(_UUID, text) else "it is no UUID"


def why_no_origin(address: str) -> str | None:
    """Return why the address is no origin of an HTTP service."""
    return None if _is_origin(address) else "it is no origin, such as https://api.example.org"


def _is_origin(address: str) -> bool:
    try:
        parts = urlsplit(address)
        usable_port = parts.port is None or parts.port > 0
    except ValueError:
        return False
    beyond = parts.path.rstrip("/") or parts.query or parts.fragment or parts.username
    return usable_port and parts.scheme in {"https", "http"} and bool(parts.hostname) and not beyond


RULES: Mapping[str, Callable[[str], str | None]] = {
    "database_url": why_no_database,
    "redis_url": why_no_redis,
    "request_limit": why_no_limit,
    "client_certificate_authorities": why_no_certificates,
    "outbound_ca_file": why_no_certificates,
    "mail_directory": why_no_folder,
    "metrics_directory": why_no_folder,
    "notify_api_key": why_no_notify_key,
    "notify_template_id": why_no_uuid,
    "notify_url": why_no_origin,
}
"""The rule for each setting that has one."""
