"""Where the demo keeps its things, and the settings that it starts the service with."""

import base64
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parents[2]
INSTANCE = Path(os.environ.get("INSTANCE") or ROOT / "instance")
SETTINGS = INSTANCE / "demo.env"
ANNOUNCEMENT = INSTANCE / "demo.json"
MAIL = INSTANCE / "mail"
LOGS = INSTANCE / "logs"


@dataclass(frozen=True)
class Addresses:
    """Where the demo answers. `issuer` differs from the provider's port behind a TLS proxy."""

    port: int
    reporting_port: int
    issuer: str

    @classmethod
    def from_environment(cls) -> "Addresses":
        """Read make's variables PORT, REPORTING_PORT and ISSUER."""
        port = int(os.environ.get("PORT", "8000"))
        issuer = os.environ.get("ISSUER") or f"http://localhost:{port}"
        return cls(port, int(os.environ.get("REPORTING_PORT", "8001")), issuer.rstrip("/"))

    @property
    def reporting_app(self) -> str:
        return f"http://localhost:{self.reporting_port}"

    @property
    def outbox_port(self) -> int:
        return self.reporting_port + 1

    @property
    def outbox(self) -> str:
        return f"http://localhost:{self.outbox_port}/"

    @property
    def playground(self) -> str:
        return f"{self.outbox}playground"


KEPT = (
    "SECURE_ACCESS_OUTBOUND_CA_FILE",
    "SECURE_ACCESS_OUTBOUND_NETWORKS",
    "SECURE_ACCESS_CLIENT_CERTIFICATE_HEADER",
    "SECURE_ACCESS_CLIENT_CERTIFICATE_ORIGIN",
    "SECURE_ACCESS_CLIENT_CERTIFICATE_AUTHORITIES",
)
"""Settings that whoever starts the demo may give."""
NEAR = "127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16"
"""Where services of a demo run: on this machine, in its containers, on its network. They are told
of what ends."""


def write_settings(addresses: Addresses) -> None:
    """Write `instance/demo.env`. Secrets that are already there stay."""
    INSTANCE.mkdir(parents=True, exist_ok=True)
    values = {
        "SECURE_ACCESS_SECRET_KEY": secrets.token_urlsafe(48),
        "SECURE_ACCESS_ENCRYPTION_KEYS": base64.b64encode(secrets.token_bytes(32)).decode(),
        **_secrets(),
        "SECURE_ACCESS_DATABASE_URL": f"sqlite:///{INSTANCE / 'secure-access.sqlite3'}",
        "SECURE_ACCESS_ISSUER": addresses.issuer,
        "SECURE_ACCESS_PORT": str(addresses.port),
        "SECURE_ACCESS_MAIL_DIRECTORY": str(MAIL),
        "SECURE_ACCESS_OUTBOUND_NETWORKS": NEAR,
        "SECURE_ACCESS_MAIL_FROM": "Secure Access demo <no-reply@localhost>",
    }
    if urlsplit(addresses.issuer).scheme == "https":
        values["SECURE_ACCESS_TRUSTED_PROXIES"] = "127.0.0.0/8,::1/128"
    unfinished = SETTINGS.with_suffix(".new")
    unfinished.touch(mode=0o600)
    unfinished.write_text("".join(f"{name}={value}\n" for name, value in values.items()))
    unfinished.replace(SETTINGS)


def use_settings() -> None:
    """Apply the file's settings to this process and to those that it starts.

    Other settings in the shell must not reach the demo, except those of KEPT.
    """
    for name in [name for name in os.environ if name.startswith("SECURE_ACCESS_")]:
        if name not in KEPT:
            del os.environ[name]
    os.environ.update(_written() | {name: os.environ[name] for name in KEPT if name in os.environ})


def _secrets() -> dict[str, str]:
    """Return the secrets of an earlier start."""
    names = ("SECURE_ACCESS_SECRET_KEY", "SECURE_ACCESS_ENCRYPTION_KEYS")
    return {name: value for name, value in _written().items() if name in names}


def _written() -> dict[str, str]:
    if not SETTINGS.exists():
        return {}
    lines = (line.partition("=") for line in SETTINGS.read_text().splitlines())
    return {name: value for name, _, value in lines}
