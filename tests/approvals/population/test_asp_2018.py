"""The made-up users of February 2018 give exactly the published table."""

import csv
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from app.actors import Actor
from app.clock import now
from app.database import db
from app.refusal import RefusalError
from approvals.access_model import definitions
from approvals.decision import decision
from approvals.memberships.actions import remove_member
from approvals.memberships.models import Grant, Membership
from approvals.organisations.importing import import_file, in_order
from approvals.organisations.models import Organisation, OrganisationPeriod
from approvals.organisations.synthetic import write_national
from approvals.population import asp_2018, places
from approvals.population.people import LAST_DAY, person
from approvals.population.places import COUNTED_ON
from approvals.reports.user_groups import user_groups
from identity.accounts.models import Account
from identity.credentials.models import PasswordCredential
from identity.email_address import EmailAddress
from tests.approvals.decision.world import load_school_performance, organisation
from tests.conftest import application, settings

PUBLISHED = Path(__file__).parents[1] / "access_model" / "access_model.csv"
SERVICE = "school_performance"


def published() -> dict[str, int]:
    with PUBLISHED.open(newline="") as file:
        return {row["user_group"]: int(row["users_2018_02_16"]) for row in csv.DictReader(file)}


def counted(day: date) -> dict[str, int]:
    return {line.user_group: line.users for line in user_groups(SERVICE, day).lines}


@pytest.fixture(scope="module")
def country(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Flask, list[tuple[int, int]]]]:
    """A small made-up country in which everybody has been made, and the progress that was shown.

    Made once: it takes a while, and the statements are the same on both databases.
    """
    directory = tmp_path_factory.mktemp("country")
    path = directory / "secure-access.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    with application(settings(f"sqlite:///{path}")) as app:
        for file in in_order(write_national(directory / "files", schools=1500), None):
            import_file(file)
        shown: list[tuple[int, int]] = []
        asp_2018.prepare(lambda _line: None)
        assert asp_2018.fill(lambda done, total: shown.append((done, total))) == 62_195
        yield app, shown


def test_population_report_of_the_day_is_the_published_table(country: tuple[Flask, object]) -> None:
    report = user_groups(SERVICE, COUNTED_ON)
    assert counted(COUNTED_ON) == published()
    assert report.total == 62_195


def test_population_reports_its_progress(country: tuple[Flask, list[tuple[int, int]]]) -> None:
    _app, shown = country
    assert shown[0] == (0, 62_195)
    assert shown[-1] == (62_195, 62_195)
    assert len(shown) > 30


def test_population_has_one_account_membership_and_grant_each(country: object) -> None:
    for model in (Account, Membership, Grant):
        assert db.session.scalar(select(func.count()).select_from(model)) == 62_195
    assert db.session.scalar(select(func.count(Membership.account_id.distinct()))) == 62_195
    assert db.session.scalar(select(func.count(Grant.membership_id.distinct()))) == 62_195


def test_population_has_no_credentials(country: object) -> None:
    assert db.session.scalar(select(func.count()).select_from(PasswordCredential)) == 0


def test_population_fits_the_access_model(country: object) -> None:
    closed = db.session.scalar(
        select(func.count())
        .select_from(Membership)
        .join(OrganisationPeriod, OrganisationPeriod.organisation_id == Membership.organisation_id)
        .where(
            OrganisationPeriod.valid_from <= COUNTED_ON,
            OrganisationPeriod.valid_to > COUNTED_ON,
            ~OrganisationPeriod.open,
        )
    )
    assert closed == 0
    service = definitions.service(SERVICE, now())
    assert service is not None
    kinds = {listed.key: listed.kind for listed in service.organisations}
    held = db.session.execute(
        select(Grant.user_group, Organisation.kind)
        .join(Membership, Membership.id == Grant.membership_id)
        .join(Organisation, Organisation.id == Membership.organisation_id)
        .distinct()
    ).all()
    assert {(code, kind) for code, kind in held} <= {
        (group.code, kind)
        for group in service.groups
        for kind in (*group.kinds, *(kinds[key] for key in group.organisations))
    }


def test_population_is_allowed_by_the_decision(country: object) -> None:
    at = LAST_DAY
    for code in ("School_Named", "Ofsted_Anon", "Diocese_Anon", "Training_Anon"):
        where = db.session.scalars(
            select(Organisation)
            .join(Membership, Membership.organisation_id == Organisation.id)
            .join(Grant, Grant.membership_id == Membership.id)
            .where(Grant.user_group == code, Grant.valid_from <= at)
            .limit(1)
        ).one()
        may = decision.people_with_access(SERVICE, where, at)
        assert code in {each.decision.user_groups[0].code for each in may}


def test_population_run_twice_changes_nothing(country: object) -> None:
    assert asp_2018.fill(lambda _done, _total: None) == 0


def test_removal_of_ten_people_changes_todays_report_only(country: object) -> None:
    gone = db.session.scalars(
        select(Membership)
        .join(Grant, Grant.membership_id == Membership.id)
        .where(Grant.user_group == "School_Named")
        .limit(10)
    ).all()
    before = counted(now().date())
    for membership in gone:
        remove_member(membership, actor=Actor.command("test"))
    after = counted(now().date())
    assert after["School Named"] == before["School Named"] - 10
    assert counted(COUNTED_ON) == published()
    # Nor does another run bring them back.
    assert asp_2018.fill(lambda _done, _total: None) == 0
    assert counted(now().date()) == after


def test_address_of_a_made_up_person_is_its_own_key() -> None:
    for number in (1, 4711, 62_195):
        email = person(number).email
        assert EmailAddress.parse(email).key == email
        assert person(number) == person(number)


def test_population_numbers_are_the_published_ones() -> None:
    with places.PUBLISHED.open(newline="") as file:
        rows = {row["user_group"]: row["users"] for row in csv.DictReader(file)}
    with PUBLISHED.open(newline="") as file:
        assert rows == {row["code"]: row["users_2018_02_16"] for row in csv.DictReader(file)}


def test_population_refuses_a_register_without_a_kind(app: Flask) -> None:
    load_school_performance()
    organisation("Elm School", urn="100001")
    with pytest.raises(RefusalError, match="No multi-academy trusts open on 2018-02-16 are loaded"):
        asp_2018.fill(lambda _done, _total: None)
    assert db.session.scalar(select(func.count()).select_from(Account)) == 0
    assert not db.session.scalars(select(Organisation).where(Organisation.kind == "diocese")).all()
