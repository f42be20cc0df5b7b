"""An organisation that is open: the rule and its SQL agree on every day."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from app.database import writing
from approvals.organisations import queries
from approvals.organisations.models import (
    BEGINNING,
    END,
    Organisation,
    OrganisationPeriod,
    search_name,
)
from approvals.organisations.openness import is_open, only_open

DAY = date(2026, 9, 1)
days = st.integers(-3, 3).map(lambda number: DAY + timedelta(days=number))
bodies = st.tuples(st.none() | days, st.none() | st.tuples(days, st.booleans(), st.booleans()))
"""The day of closing, and of a body with periods: the day of the change, open before, after."""

Change = tuple[date, bool, bool]
Body = tuple[date | None, Change | None]


def _in_period(change: Change | None, day: date) -> bool | None:
    if change is None:
        return None
    changes_on, before, after = change
    return before if day < changes_on else after


def test_rule_and_statement_agree_on_open_organisations(app: Flask) -> None:
    @settings(max_examples=40)
    @given(found=st.lists(bodies, min_size=1, max_size=5), day=days)
    def agree(found: list[Body], day: date) -> None:
        with writing() as session:
            rows = []
            for number, (closed_on, change) in enumerate(found):
                name = f"Body {number}"
                row = Organisation(
                    kind="establishment",
                    key=f"test:{number}",
                    name=name,
                    search_name=search_name(name),
                    closed_on=closed_on,
                )
                session.add(row)
                session.flush()
                rows.append(row)
                if change is None:
                    continue
                changes_on, before, after = change
                for begins, ends, state in (
                    (BEGINNING, changes_on, before),
                    (changes_on, END, after),
                ):
                    period = OrganisationPeriod(
                        organisation_id=row.id,
                        valid_from=begins,
                        valid_to=ends,
                        open=state,
                        name=name,
                    )
                    session.add(period)
            session.flush()
            by_query = {row.id for row in rows if queries.is_open(row, day)}
            by_statement = session.scalars(only_open(select(Organisation.id), day))
            assert set(by_statement) == by_query
            expected = [is_open(_in_period(change, day), closed, day) for closed, change in found]
            assert [row.id in by_query for row in rows] == expected
            session.rollback()

    agree()
