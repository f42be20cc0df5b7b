"""Settings of the floor below, and the rules that refuse unsafe ones.

Every setting is an environment variable: the field's name in capitals behind `SECURE_ACCESS_`.
Each floor adds its fields as a class of its own; `approvals.settings` puts them together. There is
no development mode: the one relaxation is that an issuer on the loopback may be plain http.
"""

from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import NoDecode

from app.context import PerApplication
from app.mail_settings import MailSettings
from app.unsafe_settings import is_loopback, is_random_key, trust_everybody
from app.usable_settings import RULES

LOOPBACK_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
WELL_KNOWN_SECRETS = frozenset({"changeme", "change-me", "secret", "dev", "development", "test"})
SHORTEST_SECRET = 32
Value = TypeVar("Value")


class FloorSettings(BaseModel):
    """A floor's settings: the sentence under each field is its entry in the reference."""

    model_config = ConfigDict(use_attribute_docstrings=True, defer_build=True)

    def missing_facts(self) -> list[str]:
        """Return the names of unset settings without which the pages lack what the law asks for."""
        return []


class AppSettings(FloorSettings, MailSettings):
    """Settings of the app floor."""

    database_url: str
    """Address of the database: `sqlite:////path/secure-access.sqlite3` or `postgresql+psycopg://…`."""

    issuer: str
    """Origin at which people and relying parties reach this service, without a path: `https://…`."""

    secret_key: SecretStr
    """Signs the form cookie. At least 32 characters: `openssl rand -base64 48`."""

    secret_key_fallbacks: Annotated[list[SecretStr], NoDecode] = Field(default_factory=list)
    """Earlier secret keys, comma separated, still accepted while the new one takes over."""

    encryption_keys: Annotated[list[SecretStr], NoDecode]
    """Key ring for data at rest, comma separated, newest first, each 32 bytes in base64."""

    hosts: int = Field(default=1, ge=1)
    """Number of machines that serve this database. More than one needs PostgreSQL."""

    trusted_proxies: Annotated[list[IPv4Network | IPv6Network], NoDecode] = Field(
        default_factory=list
    )
    """Networks of the proxies whose `X-Forwarded-For` is trusted, comma separated."""

    client_certificate_header: Annotated[str, Field(pattern="^[A-Za-z0-9]+$")] | None = None
    """Header in which trusted proxies send a caller's certificate: letters and digits only."""
    # Behind a dash an underscore could hide: X_Client_Cert is X-Client-Cert in WSGI (PEP 3333).

    client_certificate_authorities: Path | None = None
    """Certificate authorities (PEM) whose certificates may prove a client (`tls_client_auth`)."""

    client_certificate_origin: str | None = None
    """Second origin of this service at which TLS asks callers for a certificate: `https://…`."""

    bind: str = "127.0.0.1"
    """Address on which `secure-access serve` listens."""

    port: int = 8000
    """Port on which `secure-access serve` listens."""

    workers: int = Field(default=2, ge=1)
    """Processes that `secure-access serve` starts."""

    threads: int = Field(default=8, ge=1)
    """Requests that each process answers at once."""

    cpu_affinity: bool = False
    """Bind each worker to one processor (Linux), unless there are fewer workers than processors."""

    batch_scheduling: bool = False
    """Run workers in the scheduling class `SCHED_BATCH` (Linux)."""

    metrics_directory: Path | None = None
    """Folder, best in memory, in which processes count for `secure-access metrics`."""

    metrics_bind: str = "127.0.0.1"
    """Address on which `secure-access metrics` listens."""

    metrics_port: int = 9464
    """Port on which `secure-access metrics` listens."""

    debug: bool = False
    """Refused: the service has no debug mode."""

    run_by: str | None = None
    """Name of the organisation that runs the service, for the head and the foot of each page."""

    mark: Path | None = None
    """Picture (SVG, PNG or WebP) beside the name on each page, in place of the neutral mark."""

    redis_url: SecretStr | None = None
    """Redis for request limits across processes. Without it each process counts separately."""

    request_limit: str = "600 per minute"
    """Requests of one network address to one page before further ones get 429."""

    outbound_ca_file: Path | None = None
    """Certificate authorities trusted for outgoing calls besides the system's."""

    outbound_networks: Annotated[list[IPv4Network | IPv6Network], NoDecode] = Field(
        default_factory=list
    )
    """Networks that calls to services may reach besides public addresses, comma separated."""

    @field_validator(
        "trusted_proxies",
        "outbound_networks",
        "encryption_keys",
        "secret_key_fallbacks",
        mode="before",
    )
    @classmethod
    def _split_at_commas(cls, value: object) -> object:
        return (
            [part.strip() for part in value.split(",") if part.strip()]
            if isinstance(value, str)
            else value
        )

    @field_validator("client_certificate_origin")
    @classmethod
    def _another_origin(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme != "https" or not parts.hostname or parts.path.rstrip("/"):
            raise ValueError(
                "Set SECURE_ACCESS_CLIENT_CERTIFICATE_ORIGIN to an origin such as "
                "https://mtls.access.example.org."
            )
        return f"https://{parts.netloc}"

    @field_validator(*RULES)
    @classmethod
    def _usable(cls, value: Value, info: ValidationInfo) -> Value:
        if value is None:
            return value
        plain = value.get_secret_value() if isinstance(value, SecretStr) else str(value)
        reason = RULES[str(info.field_name)](plain)
        if reason is not None:
            raise ValueError(f"SECURE_ACCESS_{str(info.field_name).upper()}: {reason}.")
        return value

    @field_validator("issuer")
    @classmethod
    def _an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError(
                "Set SECURE_ACCESS_ISSUER to an address such as https://access.example.org."
            )
        if parts.path.rstrip("/") or parts.query or parts.fragment or parts.username:
            raise ValueError("SECURE_ACCESS_ISSUER must be an origin: scheme, host and port only.")
        if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
            raise ValueError(
                "SECURE_ACCESS_ISSUER must begin with https:// (http is for localhost only)."
            )
        return value.rstrip("/")

    @field_validator("secret_key", "secret_key_fallbacks")
    @classmethod
    def _a_secret_of_its_own(
        cls, value: SecretStr | list[SecretStr], info: ValidationInfo
    ) -> SecretStr | list[SecretStr]:
        for each in value if isinstance(value, list) else [value]:
            secret = each.get_secret_value()
            if (
                len(secret) < SHORTEST_SECRET
                or secret.strip().casefold() in WELL_KNOWN_SECRETS
                or len(set(secret)) < 8
            ):
                raise ValueError(
                    f"Set SECURE_ACCESS_{str(info.field_name).upper()} to {SHORTEST_SECRET} or "
                    "more random characters: openssl rand -base64 48."
                )
        return value

    @field_validator("encryption_keys")
    @classmethod
    def _keys_of_256_bits(cls, value: list[SecretStr]) -> list[SecretStr]:
        if not value:
            raise ValueError("Set SECURE_ACCESS_ENCRYPTION_KEYS to a key: openssl rand -base64 32.")
        if not all(is_random_key(key.get_secret_value()) for key in value):
            raise ValueError(
                "Each of SECURE_ACCESS_ENCRYPTION_KEYS must be 32 random bytes in base64: "
                "openssl rand -base64 32."
            )
        return value

    @field_validator("trusted_proxies", "outbound_networks")
    @classmethod
    def _not_everybody(
        cls, value: list[IPv4Network | IPv6Network], info: ValidationInfo
    ) -> list[IPv4Network | IPv6Network]:
        if trust_everybody(value):
            raise ValueError(
                f"SECURE_ACCESS_{str(info.field_name).upper()} names nearly every address: name "
                "the networks that are meant, such as 10.0.0.0/24."
            )
        return value

    @field_validator("mark")
    @classmethod
    def _a_picture(cls, value: Path | None) -> Path | None:
        if value is not None and (
            value.suffix.lower() not in {".svg", ".png", ".webp"} or not value.is_file()
        ):
            raise ValueError("Set SECURE_ACCESS_MARK to an SVG, PNG or WebP file.")
        return value.resolve() if value is not None else None

    @field_validator("debug")
    @classmethod
    def _no_debug_mode(cls, value: bool) -> bool:
        if value:
            raise ValueError("Unset SECURE_ACCESS_DEBUG: the service has no debug mode.")
        return value

    @model_validator(mode="after")
    def _several_hosts_share_a_server(self) -> "AppSettings":
        if self.hosts > 1 and self.database_url.startswith("sqlite"):
            raise ValueError(
                "SECURE_ACCESS_HOSTS is above 1: set SECURE_ACCESS_DATABASE_URL to PostgreSQL, "
                "which hosts can share."
            )
        return self

    @model_validator(mode="after")
    def _plain_http_stays_on_this_machine(self) -> "AppSettings":
        if not self.secure and not is_loopback(self.bind):
            raise ValueError(
                "SECURE_ACCESS_BIND is reachable from other machines, and SECURE_ACCESS_ISSUER "
                "plain http: set SECURE_ACCESS_BIND to 127.0.0.1, or the issuer to https://."
            )
        return self

    @model_validator(mode="after")
    def _certificates_come_from_a_proxy(self) -> "AppSettings":
        if self.client_certificate_header is not None and not self.trusted_proxies:
            raise ValueError(
                "SECURE_ACCESS_CLIENT_CERTIFICATE_HEADER is set: name the proxies that send it in "
                "SECURE_ACCESS_TRUSTED_PROXIES."
            )
        needing = (self.client_certificate_authorities, self.client_certificate_origin)
        if self.client_certificate_header is None and any(needing):
            raise ValueError(
                "Set SECURE_ACCESS_CLIENT_CERTIFICATE_HEADER: without it no caller's certificate "
                "is known."
            )
        return self

    @property
    def origins(self) -> tuple[str, ...]:
        """The issuer's, and the second one where certificates are asked for at one."""
        second = self.client_certificate_origin
        return (self.issuer,) if second is None else (self.issuer, second)

    @property
    def secure(self) -> bool:
        """Whether browsers reach the service over https."""
        return self.issuer.startswith("https://")

    @property
    def host(self) -> str:
        """Host and port of the issuer, as a browser sends them in `Host`."""
        return urlsplit(self.issuer).netloc


def _without_settings() -> AppSettings:
    raise LookupError("the application was made without settings")


SETTINGS = PerApplication("secure_access.settings", _without_settings)


def settings() -> AppSettings:
    """Return the settings of the running application."""
    return SETTINGS()
