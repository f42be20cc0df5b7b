"""A short set of faults with every change; `make faults` injects all of them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.faults import rig, trial
from tests.faults.alone import run_alone
from tests.faults.catalogue import FAULTS, NOT_RUN, chosen
from tests.faults.kinds import database
from tests.faults.report import as_json, describe, table, write_table
from tests.faults.stores import POSTGRESQL, SQLITE
from tests.faults.trial import Result

SEED = 1
SHORT = {SQLITE: "F01c F11b F15b", POSTGRESQL: "F10b"}


async def run(store: str, identifiers: str, folder: Path) -> list[Result]:
    async with rig.running(store, folder, SEED) as running:
        return [
            await trial.run(running, replace(fault, promise=2.0), SEED)
            for fault in chosen(identifiers.split())
            if fault.identifier in identifiers.split()
        ]


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("store", SHORT)
def test_short_set_of_faults_breaches_no_invariant(
    store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "BEFORE_SECONDS", 0.5)
    monkeypatch.setattr(trial, "AFTER_SECONDS", 1.0)
    monkeypatch.setattr(trial, "SETTLE_SECONDS", 0.0)
    monkeypatch.setattr(database, "AWAY_SECONDS", 4.0)
    for result in run_alone(run(store, SHORT[store], tmp_path)):
        # The resources of the first load rise while caches fill.
        result.verdicts.pop("I12")
        assert result.passed, describe(result)
        assert result.acknowledged > 20


def test_faults_have_different_ids() -> None:
    identifiers = [fault.identifier for fault in FAULTS] + [each.identifier for each in NOT_RUN]
    assert len(set(identifiers)) == len(identifiers)


def test_unknown_fault_is_rejected() -> None:
    with pytest.raises(LookupError, match="F99"):
        chosen(["F01", "F99"])


def test_table_is_written_between_the_markers(tmp_path: Path) -> None:
    result = Result("F01", "kill", SQLITE, SEED, 1.0, 2.0, 10, 9, {"503": 1}, {}, ["not ready"])
    document = tmp_path / "reliability.md"
    document.write_text("before\n<!-- faults: begin -->\nold\n<!-- faults: end -->\nafter\n")
    write_table(document, table([result], []))
    text = document.read_text()
    assert text.startswith("before\n")
    assert text.endswith("after\n")
    assert "old" not in text
    assert "| F01 | sqlite | kill | 1.0 s | 503: 1 | 2.0 s | breached: fault |" in text
    assert '"verdict": "breached"' in as_json(result)
