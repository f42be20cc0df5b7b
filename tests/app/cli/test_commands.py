"""Commands of `secure-access`, and their message for a database that is not ready."""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import click
import psycopg
import pytest
from click.testing import CliRunner, Result
from flask.cli import ScriptInfo
from sqlalchemy import make_url

import wsgi
from app.database import db, waiting_at_most
from tests.conftest import settings
from tests.servers import postgresql

Run = Callable[..., Result]


def running(database_url: str) -> Run:
    app = wsgi.create_app(settings(database_url))
    info = ScriptInfo(create_app=lambda: app)

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(wsgi.cli, arguments, obj=info, terminal_width=80)
        with app.app_context():
            db.engine.dispose()
        return result

    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs a command on a database without tables."""
    return running(f"sqlite:///{tmp_path / 'empty.sqlite3'}")


def test_help_lists_no_commands_of_libraries(run: Run) -> None:
    listed = re.findall(r"^  ([a-z-]+)  ", run("--help").output, re.MULTILINE)
    assert "clients" in listed
    assert {"db", "limiter"} & set(listed) == set()


def test_help_shows_the_whole_sentence_of_a_command(run: Run) -> None:
    groups = [
        name
        for name, command in wsgi.create_app(settings("sqlite://")).cli.commands.items()
        if isinstance(command, click.Group) and name != "db"
    ]
    pages = [run("--help").output, *(run(name, "--help").output for name in groups)]
    assert [cut for page in pages for cut in re.findall(r"^  .*\w\.\.\.", page, re.MULTILINE)] == []


@pytest.mark.parametrize("words", [[], ["--help"], ["register", "import", "--help"]])
def test_help_needs_no_settings(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    _unset(monkeypatch)
    assert "Usage:" in CliRunner().invoke(wsgi.cli, words).output


def test_command_names_the_missing_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    _unset(monkeypatch)
    said = CliRunner().invoke(wsgi.cli, ["keys", "list"])
    assert "Set SECURE_ACCESS_DATABASE_URL." in said.output
    assert "Traceback" not in said.output


def _unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wsgi, "DEMO_SETTINGS", Path("/nowhere/demo.env"))
    for name in [name for name in os.environ if name.startswith("SECURE_ACCESS_")]:
        monkeypatch.delenv(name)


def _made_demo(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    _unset(monkeypatch)
    file = tmp_path / "demo.env"
    demo = settings(f"sqlite:///{tmp_path / 'demo.sqlite3'}")
    file.write_text(
        f"SECURE_ACCESS_DATABASE_URL={demo.database_url}\nSECURE_ACCESS_ISSUER={demo.issuer}\n"
        f"SECURE_ACCESS_SECRET_KEY={demo.secret_key.get_secret_value()}\n"
        f"SECURE_ACCESS_ENCRYPTION_KEYS={demo.encryption_keys[0].get_secret_value()}\n"
        f"SECURE_ACCESS_MAIL_DIRECTORY={tmp_path}\n"
    )
    monkeypatch.setattr(wsgi, "DEMO_SETTINGS", file)


def test_command_says_that_it_acts_on_the_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _made_demo(monkeypatch, tmp_path)
    done = CliRunner().invoke(wsgi.cli, ["settings"])
    assert done.exit_code == 0
    assert "This acts on the demo" in done.stderr
    assert "demo" not in done.stdout


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_production_commands_use_no_settings_of_the_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, command: str
) -> None:
    _made_demo(monkeypatch, tmp_path)
    monkeypatch.setenv("SECURE_ACCESS_ISSUER", "https://access.example.org")
    done = CliRunner().invoke(wsgi.cli, [command])
    assert done.exit_code == 1
    assert "Set SECURE_ACCESS_DATABASE_URL." in done.stderr


def test_command_with_database_url_uses_no_settings_of_the_demo(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _made_demo(monkeypatch, tmp_path)
    monkeypatch.setenv("SECURE_ACCESS_DATABASE_URL", "sqlite://")
    said = CliRunner().invoke(wsgi.cli, ["keys", "list"]).output
    assert "Set SECURE_ACCESS_SECRET_KEY." in said


def test_files_written_by_a_command_are_readable_by_its_user_only(tmp_path: Path) -> None:
    database = tmp_path / "new.sqlite3"
    database.touch(mode=0o644)
    made = running(f"sqlite:///{database}")("setup")
    assert made.exit_code == 0, made.output
    running(f"sqlite:///{database}")("register", "generate", str(tmp_path / "register"))
    files = [file for file in tmp_path.rglob("*") if file.is_file()]
    assert len(files) > 1
    assert [file for file in files if file.stat().st_mode & 0o077] == []


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
def test_command_without_tables_says_to_run_setup(run: Run, command: list[str]) -> None:
    said = run(*command)
    assert said.exit_code == 1
    assert said.output.splitlines()[-1].endswith(
        "The database has another schema: run secure-access setup."
    )
    assert "Traceback" not in said.output


def test_command_reports_an_unreachable_database_in_a_sentence() -> None:
    said = running("postgresql+psycopg://nobody@127.0.0.1:1/none")("clients", "list")
    assert said.exit_code == 1
    assert said.output.startswith("Error: The database does not answer")


def test_setup_says_which_right_the_database_role_lacks(
    postgresql_server: postgresql.PostgreSQL,
) -> None:
    url = postgresql_server.create_database()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("CREATE ROLE plain LOGIN PASSWORD 'plain'")
        owner.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    as_plain = make_url(url).set(username="plain", password="plain")
    said = running(as_plain.render_as_string(hide_password=False))("setup")
    assert said.exit_code == 1
    assert "The role plain may not create tables in the schema public" in said.output
    assert 'GRANT USAGE, CREATE ON SCHEMA "public" TO "plain"' in said.output
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as owner:
        owner.execute("ALTER ROLE plain SET search_path = nowhere")
    said = running(as_plain.render_as_string(hide_password=False))("setup")
    assert "has no schema to create tables in" in said.output


def test_setup_says_that_the_folder_of_the_database_is_missing(tmp_path: Path) -> None:
    said = running(f"sqlite:///{tmp_path / 'nowhere' / 'x.sqlite3'}")("setup")
    assert said.exit_code == 1
    assert f"There is no folder {tmp_path / 'nowhere'}" in said.output


def test_command_shows_the_message_of_the_database(tmp_path: Path) -> None:
    path = tmp_path / "locked.sqlite3"
    run = running(f"sqlite:///{path}")
    assert run("setup").exit_code == 0
    with closing(sqlite3.connect(path, isolation_level=None)) as holder, waiting_at_most(0.1):
        holder.execute("BEGIN IMMEDIATE")
        said = run("keys", "rotate")
    assert said.output == "Error: The database says: database is locked.\n"
