"""Lists on the command line are never cut."""

from __future__ import annotations

import pytest

from app.cli.tables import print_rows

IDENTIFIER = "client-0193a1b2-c3d4-7e5f-8a9b-0c1d2e3f4a5b"
HEADINGS = ["Client", "Name", "Grants"]
ROWS = [[IDENTIFIER, "[bold]Pupil reports", "authorization_code, refresh_token"]]


def test_table_in_a_pipe_has_a_line_for_each_row(capsys: pytest.CaptureFixture[str]) -> None:
    print_rows(HEADINGS, ROWS)
    heading, row = capsys.readouterr().out.splitlines()
    assert heading.split() == HEADINGS
    assert row.rstrip() == "  ".join(ROWS[0])


@pytest.mark.parametrize("columns", ["80", "60", "200"])
def test_table_in_a_terminal_breaks_no_word(
    columns: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setenv("TERM", "xterm")
    print_rows(HEADINGS, ROWS, title="Clients")
    printed = capsys.readouterr().out
    for word in " ".join(ROWS[0]).split():
        assert word in printed


def test_table_in_a_narrow_terminal_has_a_block_for_each_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    print_rows(HEADINGS, ROWS)
    assert f"Client\x1b[0m  {IDENTIFIER}" in capsys.readouterr().out


def test_table_keeps_ids_whole_if_they_fit(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("TERM", "xterm")
    words = "of several words that need some room"
    print_rows(["One", "Two", "What", "Why"], [[IDENTIFIER, IDENTIFIER.upper(), words, words]])
    printed = capsys.readouterr().out
    assert IDENTIFIER in printed
    assert IDENTIFIER.upper() in printed
