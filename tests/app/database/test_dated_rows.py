"""Conditions of dated rows: the rule for a loaded row and the SQL agree at every moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, writing
from approvals.organisations.models import Organisation, OrganisationPeriod
from identity.oidc.models import Client, ClientPeriod

BEGIN = datetime(2026, 9, 1, 12, tzinfo=UTC)
TICK = timedelta(microseconds=1)
ENDS = [None, BEGIN, BEGIN + TICK, BEGIN + timedelta(days=1)]
MOMENTS = sorted(
    moment + step
    for moment in (BEGIN, BEGIN + timedelta(days=1))
    for step in (-TICK, timedelta(0), TICK)
)


@pytest.fixture
def rows(app: Flask) -> list[ClientPeriod]:
    with writing() as session:
        client = Client(client_id="c", name="Reports", registration={})
        session.add(client)
        session.flush()
        found = [
            ClientPeriod(client_id=client.id, enabled=True, valid_from=BEGIN, valid_to=end)
            for end in ENDS
        ]
        session.add_all(found)
    return found


@pytest.mark.parametrize("at", MOMENTS)
def test_rule_and_statement_agree_on_the_rows_that_count(
    rows: list[ClientPeriod], at: datetime
) -> None:
    by_rule = {row.id for row in rows if row.counts_at(at)}
    assert set(db.session.scalars(select(ClientPeriod.id).where(ClientPeriod.counts_at(at)))) == (
        by_rule
    )
    by_rule = {row.id for row in rows if row.ends_after(at)}
    assert set(db.session.scalars(select(ClientPeriod.id).where(ClientPeriod.ends_after(at)))) == (
        by_rule
    )
    by_rule = {row.id for row in rows if row.begun_by(at)}
    assert set(db.session.scalars(select(ClientPeriod.id).where(ClientPeriod.begun_by(at)))) == (
        by_rule
    )


def test_row_counts_from_its_beginning_until_just_before_its_end(
    rows: list[ClientPeriod],
) -> None:
    row = rows[-1]
    assert [row.counts_at(at) for at in MOMENTS] == [False, True, True, True, False, False]


def test_rule_and_statement_agree_on_open_rows(rows: list[ClientPeriod]) -> None:
    opened = db.session.scalars(select(ClientPeriod).where(ClientPeriod.open)).all()
    assert list(opened) == [row for row in rows if row.open] == [rows[0]]


@pytest.mark.parametrize("number", range(-1, 4))
def test_rule_and_statement_agree_on_periods_of_days(app: Flask, number: int) -> None:
    first, day = date(2026, 9, 1), date(2026, 9, 1) + timedelta(days=number)
    with writing() as session:
        school = Organisation(
            kind="establishment", key="urn:100001", name="Oak", search_name="oak", urn="100001"
        )
        session.add(school)
        session.flush()
        period = OrganisationPeriod(
            organisation_id=school.id,
            valid_from=first,
            valid_to=first + timedelta(days=2),
            open=True,
            name="Oak",
        )
        session.add(period)
    found = db.session.scalar(select(OrganisationPeriod.id).where(OrganisationPeriod.holds_on(day)))
    assert (found is not None) is period.holds_on(day) is (number in {0, 1})
