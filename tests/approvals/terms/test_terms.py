"""Publishing and accepting terms of use."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEvent
from app.clock import now, today
from app.database import db, writing
from app.refusal import RefusalError
from approvals.terms import actions, defaults, queries
from approvals.terms.models import TermsAcceptance, TermsVersion
from identity.accounts.models import Account
from identity.ports import TermsDue, approvals
from tests.approvals.decision import world

SERVICE = "school_performance"


@pytest.fixture
def ada(app: Flask) -> Account:
    world.load_school_performance()
    return world.person()


def due(account: Account, service: str | None = SERVICE, *, newly: bool = False) -> list[TermsDue]:
    return list(approvals().terms_due(account, service, now(), newly=newly))


def accept(account: Account, *ids: str, sid: str = "sid-1") -> None:
    with writing():
        approvals().accept_terms(account, ids, sid, now())


def test_acceptance_stores_person_version_hash_time_and_session(ada: Account) -> None:
    version = world.publish(SERVICE)
    with time_machine.travel("2026-03-01T10:00:00Z", tick=False):
        accept(ada, version)
    kept = db.session.scalars(select(TermsAcceptance)).one()
    published = db.session.scalars(select(TermsVersion)).one()
    assert (kept.account_id, kept.terms_version_id, kept.session) == (ada.id, published.id, "sid-1")
    assert kept.accepted_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert kept.sha256 == published.sha256 == hashlib.sha256(published.text.encode()).hexdigest()
    row = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "terms.accepted")).one()
    assert row.subject == ada.subject
    assert row.service == SERVICE
    assert row.detail == {"number": 1, "sha256": kept.sha256, "sid": "sid-1"}


def test_due_terms_list_the_platform_before_the_service(ada: Account) -> None:
    service, platform = world.publish(SERVICE), world.publish(None)
    assert [each.id for each in due(ada)] == [platform, service]
    assert [each.id for each in due(ada, None)] == [platform]
    assert all(each.required for each in due(ada))
    accept(ada, platform)
    assert [each.id for each in due(ada)] == [service]
    accept(ada, service)
    assert due(ada) == []


def test_due_terms_have_text_and_hash(ada: Account) -> None:
    world.publish(None)
    (terms,) = due(ada)
    assert terms.title == "Terms of use of Secure Access"
    assert terms.version == "1"
    assert terms.html == '<p class="govuk-body">Do no harm.</p>\n'
    assert len(terms.sha256) == 64


def test_due_terms_of_another_service_do_not_block(ada: Account) -> None:
    world.publish("library")
    assert due(ada) == []
    assert len(due(ada, "library")) == 1


def test_optional_version_is_shown_at_the_next_sign_in_only(ada: Account) -> None:
    accept(ada, world.publish(SERVICE))
    world.publish(SERVICE, accept_again=False)
    assert due(ada) == []
    (asked,) = due(ada, newly=True)
    assert (asked.version, asked.required) == ("2", False)


def test_version_is_due_from_its_day(ada: Account) -> None:
    accept(ada, world.publish(SERVICE))
    with time_machine.travel("2027-11-23T09:00:00Z"):
        world.publish(SERVICE, since=datetime(2027, 12, 1, tzinfo=UTC))
        assert due(ada, newly=True) == []
    with time_machine.travel("2027-12-01T00:00:00Z"):
        assert [each.version for each in due(ada)] == ["2"]


def test_second_acceptance_keeps_the_first(ada: Account) -> None:
    version = world.publish(SERVICE)
    accept(ada, version, sid="first")
    accept(ada, version, version, sid="second")
    assert db.session.scalars(select(TermsAcceptance.session)).all() == ["first"]


def test_acceptance_counts_for_one_person(ada: Account) -> None:
    accept(ada, world.publish(SERVICE))
    assert due(ada) == []
    assert len(due(world.person("Bea Young"))) == 1


def test_terms_status_has_one_version_and_time(ada: Account) -> None:
    assert queries.terms_status(ada, SERVICE, now()).accepted is None
    accept(ada, world.publish(None))
    assert queries.terms_status(ada, SERVICE, now()).accepted is None
    accept(ada, world.publish(SERVICE))
    accept(ada, world.publish(SERVICE))
    accepted = queries.terms_status(ada, SERVICE, now()).accepted
    assert accepted is not None
    assert accepted.number == 2


def test_publish_refuses_an_empty_text(app: Flask) -> None:
    with pytest.raises(RefusalError):
        actions.publish(" \n", service=None, accept_again=True)


def test_setup_publishes_the_first_texts_once(app: Flask) -> None:
    assert defaults.publish_first() == "published platform"
    world.load_school_performance()
    assert defaults.publish_first() == "published school_performance"
    assert defaults.publish_first() == "nothing new"
    assert {(each.service, each.number) for each in db.session.scalars(select(TermsVersion))} == {
        (None, 1),
        (SERVICE, 1),
    }


def test_publish_command_publishes_and_prints_the_consequences(
    ada: Account, app: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "terms.md"
    path.write_text("# Terms\n\nBe kind.\n")
    run = app.test_cli_runner().invoke
    command = ["terms", "publish", str(path), "--service", SERVICE, "--from", str(today())]
    first = run(args=command)
    assert first.exit_code == 0
    assert "Terms of use of School Performance: version 1, in effect from " in first.output
    assert "The first version always has to be accepted." in first.output
    second = run(args=command)
    assert (
        "People who accepted an earlier version are asked at their next sign-in." in second.output
    )
    third = run(args=[*command, "--accept-again"])
    assert "version 3" in third.output
    assert "Everybody has to accept it before going on." in third.output
    versions = queries.versions(SERVICE)
    assert [(each.number, each.accept_again) for each in versions] == [
        (1, True),
        (2, False),
        (3, True),
    ]
    assert all(each.effective_from == each.published_at for each in versions)
    rows = db.session.scalars(select(AuditEvent).where(AuditEvent.event == "terms.published")).all()
    assert [(row.actor, row.service, row.detail["number"]) for row in rows] == [
        ("terms publish", SERVICE, number) for number in (1, 2, 3)
    ]


def test_publish_command_without_service_publishes_the_terms_of_the_platform(
    app: Flask, tmp_path: Path
) -> None:
    path = tmp_path / "terms.md"
    path.write_text("# Terms\n\nBe kind.\n")
    result = app.test_cli_runner().invoke(
        args=["terms", "publish", str(path), "--from", str(today())]
    )
    assert "Terms of use of Secure Access: version 1" in result.output
    assert [each.number for each in queries.versions(None)] == [1]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (b"# T", ["--service", "nothing"], "There is no service with the code nothing."),
        (b"\xff", [], "is not UTF-8 text."),
        (b"  ", [], "The text is empty."),
        (b"# T", [], "1 January 2026 has passed: give today's date, which means now"),
        (b"# T", ["--from", "9999-12-31"], "The year must be from 1000 to 2999."),
        (b"# T", ["--from", "2027-02-29"], "Enter a real date."),
        (b"# T", ["--service", ""], "it is empty"),
    ],
)
def test_publish_command_refuses_with_a_sentence(
    app: Flask, tmp_path: Path, content: bytes, options: list[str], message: str
) -> None:
    path = tmp_path / "terms.md"
    path.write_bytes(content)
    result = app.test_cli_runner().invoke(
        args=["terms", "publish", str(path), "--from", "2026-01-01", *options]
    )
    assert result.exit_code != 0
    assert message in result.output
    assert db.session.scalars(select(TermsVersion)).all() == []
