"""What `secure-access` lists, and what it says of a database that is not ready."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo

import wsgi
from tests.conftest import settings

Run = Callable[..., Result]


def running(database_url: str) -> Run:
    info = ScriptInfo(create_app=lambda: wsgi.create_app(settings(database_url)))
    return lambda *arguments: CliRunner().invoke(wsgi.cli, arguments, obj=info, terminal_width=80)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command on a database without tables."""
    return running(f"sqlite:///{tmp_path / 'empty.sqlite3'}")


def test_operators_are_shown_no_commands_of_libraries(run: Run) -> None:
    listed = re.findall(r"^  ([a-z-]+)  ", run("--help").output, re.MULTILINE)
    assert "clients" in listed
    assert {"db", "limiter"} & set(listed) == set()


def test_what_a_command_is_for_is_told_to_the_end_of_the_sentence(run: Run) -> None:
    groups = [
        name
        for name, command in wsgi.create_app(settings("sqlite://")).cli.commands.items()
        if isinstance(command, click.Group) and name != "db"
    ]
    pages = [run("--help").output, *(run(name, "--help").output for name in groups)]
    assert [cut for page in pages for cut in re.findall(r"^  .*\w\.\.\.", page, re.MULTILINE)] == []


def test_without_settings_help_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wsgi.Settings, "model_config", {"env_prefix": "NOWHERE_"})
    said = CliRunner().invoke(wsgi.cli, ["--help"])
    assert "Set SECURE_ACCESS_DATABASE_URL." in said.output
    assert "Traceback" not in said.output


@pytest.mark.parametrize(
    "command",
    [
        ["clients", "list"],
        ["keys", "list"],
        ["keys", "rotate"],
        ["registration-tokens", "list"],
        ["registration-tokens", "issue", "Timetables"],
        ["services", "list"],
        ["operators", "add", "olive@operators.example"],
        ["accounts", "suspend", "ada@ashfield.example"],
        ["approvers", "appoint", "ada@ashfield.example", "--organisation", "100001"],
        ["organisations", "add", "A diocese", "--kind", "diocese", "--diocese-code", "CE91"],
        ["report", "user-groups", "--as-of", "2026-01-01"],
        ["access", "explain", "ada@ashfield.example", "--service", "school_performance"],
        ["restored"],
    ],
)
def test_without_tables_a_command_says_to_run_setup(run: Run, command: list[str]) -> None:
    said = run(*command)
    assert said.exit_code == 1
    assert said.output.splitlines()[-1] == (
        "Error: The database has another schema: run secure-access setup."
    )
    assert "Traceback" not in said.output


def test_a_database_that_does_not_answer_is_a_sentence() -> None:
    said = running("postgresql+psycopg://nobody@127.0.0.1:1/none")("clients", "list")
    assert said.exit_code == 1
    assert said.output.startswith("Error: The database does not answer")
