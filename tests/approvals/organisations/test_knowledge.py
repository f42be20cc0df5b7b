"""Since when it is known that a school was open, or closed, on a past day."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import time_machine
from flask import Flask

from app.actors import SYSTEM
from approvals.organisations import queries
from approvals.organisations.by_hand import close_organisation
from approvals.organisations.importing import FileReport
from approvals.organisations.knowledge import learned_openness
from tests.approvals.decision import world

HEADER = (
    "URN,LA (code),LA (name),EstablishmentNumber,EstablishmentName,TypeOfEstablishment (code),"
    "EstablishmentStatus (code),OpenDate,CloseDate"
)
LEARNED = datetime(2026, 5, 1, 9, tzinfo=UTC)


def _file(directory: Path, day: str, status: str, closed: str) -> Path:
    path = directory / f"establishments_{day}.csv"
    row = f"100001,201,City,1000,Elm School,01,{status},01-09-1990,{closed}"
    path.write_text(f"{HEADER}\n{row}\n", encoding="cp1252")
    return path


def test_closure_in_a_later_file_is_known_since_its_import(
    app: Flask, tmp_path: Path, load: Callable[..., list[FileReport]]
) -> None:
    with time_machine.travel("2026-01-01T09:00:00Z", tick=False):
        load([_file(tmp_path, "20260101", "1", "")])
    with time_machine.travel(LEARNED, tick=False):
        load([_file(tmp_path, "20260501", "2", "31-03-2026")])
    elm = queries.by_identifier("urn:100001")
    assert elm is not None
    assert not queries.is_open(elm, date(2026, 4, 10))
    learned = learned_openness(elm, date(2026, 4, 10))
    assert learned is not None
    assert (learned.since, learned.earlier) == (LEARNED, True)
    before = learned_openness(elm, date(2026, 3, 1))
    assert before is not None
    assert (before.since, before.earlier) == (datetime(2026, 1, 1, 9, tzinfo=UTC), None)


def test_body_of_no_register_file_has_no_moment_of_knowledge(app: Flask) -> None:
    assert learned_openness(world.organisation("Diocese", "diocese"), date(2026, 1, 1)) is None


def test_closure_by_hand_is_known_since_its_moment(app: Flask) -> None:
    diocese = world.organisation("Diocese", "diocese", diocese_code="CE99")
    with time_machine.travel(LEARNED, tick=False):
        close_organisation(diocese, actor=SYSTEM)
    learned = learned_openness(diocese, LEARNED.date())
    assert learned is not None
    assert (learned.since, learned.earlier) == (LEARNED, True)
    assert learned_openness(diocese, date(2026, 4, 30)) is None
    assert learned_openness(diocese, date(2026, 5, 2)) is None
