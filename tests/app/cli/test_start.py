"""Imports of the console script: of its help, and of the application of a command."""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import sys

import pytest

from wsgi import ROOT

_ONLY_OF_THE_APPLICATION = ("alembic", "joserfc", "pydantic", "rich", "sqlalchemy", "structlog")
_ONLY_OF_A_FEW_PAGES_OR_COMMANDS = (
    "alembic",
    "confusable_homoglyphs",
    "httpx",
    "markdown_it",
    "pygal",
    "segno",
    "zxcvbn",
)

_SHOW_ALL_HELP = """
import click, json, sys, wsgi

def show(command, context):
    command.get_help(context)
    for child in getattr(command, "commands", {}).values():
        show(child, click.Context(child, info_name=child.name, parent=context))

show(wsgi.cli, click.Context(wsgi.cli, info_name="secure-access"))
print(json.dumps(sorted(sys.modules)))
"""
_COMPOSE = f"""
import json, sys
from approvals.settings import Settings
from wsgi import create_app

create_app(
    Settings(
        _env_file=None,
        database_url="sqlite://",
        issuer="http://localhost",
        secret_key="{secrets.token_urlsafe(48)}",
        encryption_keys="{base64.b64encode(secrets.token_bytes(32)).decode()}",
    )
)
print(json.dumps(sorted(sys.modules)))
"""


def _imported_by(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    modules: list[str] = json.loads(done.stdout.splitlines()[-1])
    return {module.partition(".")[0] for module in modules}


@pytest.mark.usefixtures("processes")
def test_help_of_every_command_imports_nothing_of_the_application() -> None:
    assert _imported_by(_SHOW_ALL_HELP).isdisjoint(_ONLY_OF_THE_APPLICATION)


@pytest.mark.usefixtures("processes")
def test_application_imports_no_library_of_a_few_pages_or_commands() -> None:
    assert _imported_by(_COMPOSE).isdisjoint(_ONLY_OF_A_FEW_PAGES_OR_COMMANDS)
