"""Attacks on the audit: group AU of the security catalogue."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
import structlog
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from app.actors import Actor
from app.audit import AuditEvent, record
from app.clock import now
from app.database import db, writing
from app.logs import configure
from approvals.memberships import actions
from approvals.memberships.models import Membership
from approvals.settings import Settings
from identity.accounts.models import Account
from tests.approvals import world
from tests.approvals.world import SERVICE, browser, path
from wsgi import ROOT

HOSTILE = "Eve\n{}\x1b[31m=cmd|' /C calc'!A0<script>"
KILLED_WITHIN_A_CHANGE = """
import os, signal
from app.database import writing
from tests.approvals import world
from wsgi import create_app

with create_app().app_context(), writing() as session:
    world.member(world.organisation("Elm School"), "bob@elm.example")
    session.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""
Act = Callable[[Membership, Membership], object]
ACTS: dict[str, Act] = {
    "access.changed": lambda bob, ann: actions.change_user_group(
        bob, service=SERVICE, user_groups=["School_Anon"], actor=world.acting(ann)
    ),
    "approver.made": lambda bob, ann: actions.make_approver(bob, actor=world.acting(ann)),
    "membership.removed": lambda bob, ann: actions.remove_member(bob, actor=world.acting(ann)),
}


def rows(*events: str) -> list[AuditEvent]:
    statement = select(AuditEvent).where(AuditEvent.event.in_(events)).order_by(AuditEvent.id)
    return list(db.session.scalars(statement))


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_event SET event = 'x'", "DELETE FROM audit_event"]
)
def test_AU_01_database_refuses_to_change_an_audit_row(app: Flask, statement: str) -> None:
    with writing():
        record("account.suspended", actor=world.COMMAND, subject="x", before={}, after={})
    with pytest.raises(DBAPIError, match="never changed"), writing() as session:
        session.connection().exec_driver_sql(statement)
    assert len(rows("account.suspended")) == 1


def test_AU_03_audit_row_keeps_control_characters_and_markup(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    olive = world.operator()
    with writing():
        actor = Actor("person", olive.subject, HOSTILE)
        record("account.suspended", actor=actor, subject=olive.subject, before={}, after={})
    (row,) = rows("account.suspended")
    assert row.actor_name == HOSTILE
    page = browser(app, olive).get("/ops/audit?event=account.suspended")
    assert "&lt;script&gt;" in page.html
    assert "<script>" not in page.html.partition("<main")[2].partition("</main")[0]
    configure(app)
    structlog.get_logger().info("refused", reason=HOSTILE)
    (line,) = capsys.readouterr().err.splitlines()
    assert json.loads(line)["reason"] == HOSTILE
    assert not re.search(r"[\x00-\x1f]", line)


@pytest.mark.parametrize("event", ACTS)
def test_AU_04_change_writes_one_complete_audit_row(app: Flask, event: str) -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    bob = world.member(school, "bob@ashfield.example", "School_Named")
    before = {row.id for row in db.session.scalars(select(AuditEvent))}
    ACTS[event](bob, ann)
    (row,) = [row for row in db.session.scalars(select(AuditEvent)) if row.id not in before]
    assert row.event == event
    assert (row.actor_kind, row.actor) == ("person", world.who(ann).subject)
    assert (row.organisation, row.subject) == (school.public_id, world.who(bob).subject)
    assert row.before != row.after
    assert row.request_id
    assert abs(row.at - now()) < timedelta(minutes=1)


@pytest.mark.usefixtures("processes")
def test_AU_05_process_killed_within_a_change_leaves_neither_change_nor_row(
    app: Flask, app_settings: Settings
) -> None:
    before = len(rows("membership.added", "membership.joined"))
    environment = {
        **{name: value for name, value in os.environ.items() if "SECURE_ACCESS" not in name},
        "SECURE_ACCESS_DATABASE_URL": app_settings.database_url,
        "SECURE_ACCESS_ISSUER": app_settings.issuer,
        "SECURE_ACCESS_SECRET_KEY": app_settings.secret_key.get_secret_value(),
        "SECURE_ACCESS_ENCRYPTION_KEYS": app_settings.encryption_keys[0].get_secret_value(),
    }
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WITHIN_A_CHANGE],
        cwd=ROOT,
        env=environment,
        check=False,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(rows("membership.added", "membership.joined")) == before
    assert db.session.scalars(select(Account.email)).all() == []


def test_AU_06_adding_a_person_is_one_event_by_page_and_by_command(app: Flask) -> None:
    school = world.school()
    ann = world.member(school, "ann@ashfield.example", approver=True)
    page = browser(app, ann).get(path(school, "users", "new"))
    page = page.submit(
        email="bob@ashfield.example",
        given_name="Bob",
        family_name="Dean",
        group_school_performance="School_Named",
    )
    page.submit()
    world.invited(school, "dee@ashfield.example", "School_Named")
    by_page, by_command = rows("membership.added")[-2:]
    assert (by_page.actor_kind, by_command.actor_kind) == ("person", "command")
    assert (by_page.after or {}).keys() == (by_command.after or {}).keys()
    assert by_page.detail.keys() == by_command.detail.keys()
