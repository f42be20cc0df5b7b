"""Journeys: found by their owner, advanced from the state that was read, finished once."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from app.clock import now
from app.database import Base, db, writing
from app.journeys import JourneyRow, Journeys, Phase
from app.retention import purge_expired
from identity.credentials.models import ResetJourney
from identity.sign_in.models import SignInJourney
from tests.races import race

_ROOT = Path(__file__).parents[2]
_MINUTE = timedelta(minutes=1)
_OWNERS = {"browser_hash", "session_id"}
_JOURNEYS = Journeys(
    SignInJourney,
    owner=[SignInJourney.browser_hash],
    kind=SignInJourney.kind,
    expires=SignInJourney.expires_at,
    finished=SignInJourney.finished_at,
)
_TOKEN_FAMILIES = "oidc_grant"
"""Belong to a session, and no page of it carries their id."""


def _begin(*, ends_in: timedelta = _MINUTE, finished: bool = False) -> SignInJourney:
    return _JOURNEYS.begin(
        SignInJourney(
            kind="sign_in",
            browser_hash="mine",
            resume_to="/",
            expires_at=now() + ends_in,
            finished_at=now() if finished else None,
        )
    )


def _find(journey: SignInJourney, phase: Phase = Phase.OPEN) -> SignInJourney | None:
    return _JOURNEYS.find(journey.public_id, "mine", kinds=["sign_in"], phase=phase)


def test_find_returns_journey_of_its_owner(app: Flask) -> None:
    journey = _begin()
    assert _find(journey) is journey


@pytest.mark.parametrize("owner", ["another", None])
def test_find_refuses_another_owner(app: Flask, owner: str | None) -> None:
    assert _JOURNEYS.find(_begin().public_id, owner, kinds=["sign_in"]) is None


@pytest.mark.parametrize("kinds", [["terms"], []])
def test_find_refuses_another_kind(app: Flask, kinds: list[str]) -> None:
    assert _JOURNEYS.find(_begin().public_id, "mine", kinds=kinds) is None


def test_find_fails_without_an_owner(app: Flask) -> None:
    with pytest.raises(ValueError, match="shorter"):
        _JOURNEYS.find(_begin().public_id, kinds=["sign_in"])


@pytest.mark.parametrize(
    ("ends_in", "finished", "phases"),
    [
        (_MINUTE, False, {Phase.OPEN, Phase.IN_TIME, Phase.ANY}),
        (_MINUTE, True, {Phase.IN_TIME, Phase.ENDED, Phase.ANY}),
        (-_MINUTE, False, {Phase.ENDED, Phase.ANY}),
    ],
    ids=["open", "finished", "out of time"],
)
def test_find_returns_journey_in_its_phases(
    app: Flask, ends_in: timedelta, finished: bool, phases: set[Phase]
) -> None:
    journey = _begin(ends_in=ends_in, finished=finished)
    assert {phase for phase in Phase if _find(journey, phase) is not None} == phases


def test_advance_fails_from_another_state(app: Flask) -> None:
    journey = _begin()
    with writing():
        assert _JOURNEYS.advance(journey.id, SignInJourney.account_id.is_(None), caption="new")
        assert not _JOURNEYS.advance(journey.id, SignInJourney.caption == "old", caption="newest")
    assert journey.caption == "new"


@pytest.mark.parametrize(("ends_in", "finished"), [(_MINUTE, True), (-_MINUTE, False)])
def test_ended_journey_is_neither_advanced_nor_finished(
    app: Flask, ends_in: timedelta, finished: bool
) -> None:
    journey = _begin(ends_in=ends_in, finished=finished)
    with writing():
        assert not _JOURNEYS.advance(journey.id, caption="new")
        assert not _JOURNEYS.finish(journey.id)


def test_finish_succeeds_for_one_of_parallel_callers(app: Flask) -> None:
    key = _begin().id

    def finish(_number: int) -> bool:
        with writing():
            return _JOURNEYS.finish(key)

    assert race(app, finish).count(True) == 1


def test_finish_deletes_journey_of_table_without_end(app: Flask) -> None:
    journeys = Journeys(
        SignInJourney, owner=[SignInJourney.browser_hash], expires=SignInJourney.expires_at
    )
    key = _begin().id
    with writing():
        assert journeys.finish(key)
        assert not journeys.finish(key)
    assert db.session.scalar(select(SignInJourney.id)) is None


def test_lifetime_counts_from_the_moment_of_expires(app: Flask) -> None:
    journeys = Journeys(
        SignInJourney,
        owner=[SignInJourney.browser_hash],
        expires=SignInJourney.expires_at,
        lifetime=2 * _MINUTE,
    )
    young, old = _begin(ends_in=-_MINUTE), _begin(ends_in=-3 * _MINUTE)
    assert journeys.find(young.public_id, "mine") is young
    assert journeys.find(old.public_id, "mine") is None


def test_purge_deletes_journeys_that_no_open_page_needs(app: Flask) -> None:
    _begin(ends_in=-timedelta(days=2))
    kept = _begin(ends_in=-_MINUTE).id
    purge_expired()
    assert db.session.scalars(select(SignInJourney.id)).all() == [kept]


def test_tables_with_an_owner_and_a_public_id_all_hold_journeys(app: Flask) -> None:
    assert ResetJourney in _tables(JourneyRow)
    assert not {
        table.__tablename__
        for table in _tables(Base) - _tables(JourneyRow)
        if _OWNERS & set(table.__table__.columns.keys())
        and {"public_id", "form_id"} & set(table.__table__.columns.keys())
    } - {_TOKEN_FAMILIES}


def test_journeys_are_looked_up_in_one_module(app: Flask) -> None:
    names = "|".join(table.__name__ for table in _tables(JourneyRow))
    by_hand = re.compile(rf"\b(?:{names})\.(?:public_id|form_id)\b")
    found = {
        f"{path.relative_to(_ROOT)}: {line.strip()}"
        for floor in ("app", "identity", "approvals")
        for path in (_ROOT / floor).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if by_hand.search(line)
    }
    # A request that came by POST has no browser yet: the first one that opens it becomes its owner.
    assert {each.partition(":")[0] for each in found} <= {
        "identity/oidc/authorize/stored_request.py"
    }


def _tables(base: type[Base]) -> set[type[Base]]:
    below = {table for child in base.__subclasses__() for table in _tables(child)}
    return below | ({base} if "__tablename__" in vars(base) else set())
