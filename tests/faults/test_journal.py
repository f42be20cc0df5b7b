from pathlib import Path

from tests.faults import journal
from tests.faults.journal import ACKNOWLEDGED, UNKNOWN, Journal


def test_journal_returns_requests_with_their_outcomes(tmp_path: Path) -> None:
    written = Journal(tmp_path / "journal")
    first = written.begin("ada", "invite", "new@faults.example", change=True)
    written.begin("ada", "remove", "m-1", change=True)
    written.end(first, ACKNOWLEDGED, status=303, data={"location": "/done"})
    written.close()
    invite, remove = journal.read(tmp_path / "journal")
    assert (invite.outcome, invite.status, invite.data) == (
        ACKNOWLEDGED,
        303,
        {"location": "/done"},
    )
    assert (invite.user, invite.operation, invite.key) == ("ada", "invite", "new@faults.example")
    assert remove.outcome == UNKNOWN


def test_request_without_outcome_ends_with_the_journal(tmp_path: Path) -> None:
    written = Journal(tmp_path / "journal")
    written.begin("ada", "remove", "m-1", change=False)
    last = written.begin("ada", "page", "/", change=False)
    written.end(last, ACKNOWLEDGED)
    written.close()
    remove, page = journal.read(tmp_path / "journal")
    assert remove.ended_at == page.ended_at
