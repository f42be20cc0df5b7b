"""Composes Secure Access. The only place that knows all three floors."""

import base64
import os
import secrets
from pathlib import Path

import click
from flask import Flask
from pydantic import SecretStr, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

import app.install
import approvals.install
import identity.install
from app.cli import demo as demo_mark
from app.cli.commands import Commands
from app.settings import AppSettings
from app.web.application import Application
from app.web.authorisation import require_a_rule_for_every_route
from approvals.settings import ApprovalsSettings
from identity.settings import IdentitySettings

ROOT = Path(__file__).resolve().parent
DEMO_SETTINGS = ROOT / "instance" / "demo.env"


class Settings(ApprovalsSettings, IdentitySettings, AppSettings, BaseSettings):
    """All settings, from the environment."""

    model_config = SettingsConfigDict(
        env_prefix="SECURE_ACCESS_", extra="ignore", env_ignore_empty=True
    )


class Unconfigured(click.ClickException):
    """Settings are missing or unsafe. Says, for each, what to set."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__("\n".join(_sentence(fault) for fault in error.errors()))


def create_app(settings: Settings | None = None) -> Flask:
    """The whole service. Raises Unconfigured rather than start with unsafe settings."""
    demo = demo_settings() if settings is None else None
    if settings is None:
        try:
            settings = Settings(_env_file=demo)  # type: ignore[call-arg]  # from the environment
        except ValidationError as error:
            raise Unconfigured(error) from None
    flask = Application("wsgi", root_path=str(ROOT))
    if demo is not None:
        demo_mark.mark(flask, demo)
    app.install.install(flask, settings)
    identity.install.install(flask)
    approvals.install.install(flask)
    require_a_rule_for_every_route(flask)
    return flask


def demo_settings() -> Path | None:
    """Return the file of the demo's settings where this process acts on the demo.

    It does in a checkout where the demo was made, unless SECURE_ACCESS_DATABASE_URL names the
    database: then every setting comes from the environment.
    """
    if os.environ.get("SECURE_ACCESS_DATABASE_URL") or not DEMO_SETTINGS.exists():
        return None
    return DEMO_SETTINGS


def _command_app() -> Flask:
    """Return the application of a command; of one that only shows help, also without settings."""
    try:
        return create_app()
    except Unconfigured:
        if not cli.only_help:
            raise
    return create_app(
        Settings(
            _env_file=None,  # type: ignore[call-arg]  # a parameter of BaseSettings
            database_url="sqlite://",
            issuer="http://localhost",
            secret_key=SecretStr(secrets.token_urlsafe(48)),
            encryption_keys=[SecretStr(base64.b64encode(secrets.token_bytes(32)).decode())],
        )
    )


def _sentence(fault: ErrorDetails) -> str:
    name = "_".join(str(part) for part in fault["loc"] if isinstance(part, str)).upper()
    if fault["type"] == "missing":
        return f"Set SECURE_ACCESS_{name}."
    text = str(fault["msg"]).removeprefix("Value error, ")
    return text if "SECURE_ACCESS_" in text else f"SECURE_ACCESS_{name}: {text}."


@click.group(
    cls=Commands,
    create_app=_command_app,
    add_default_commands=False,
    add_version_option=False,
    set_debug_flag=False,
    load_dotenv=False,
)
def cli() -> None:
    """Secure Access: identity federation and account approval."""


# Flask's own options would let another application, a debug mode or other settings in.
cli.params.clear()
