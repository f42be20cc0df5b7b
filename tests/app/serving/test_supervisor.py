"""Replacement of worker processes that die or hang, and the end of orphans."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from app.serving.supervisor import HANGING_SECONDS, LONGEST_DELAY, START_SECONDS, Slot
from approvals.settings import Settings
from tests.faults.programs import children_of
from tests.identity.oidc.served import serving
from tests.servers import ports


def test_slot_hangs_after_ten_seconds_without_a_report() -> None:
    slot = Slot()
    slot.observe(report=1.0, elapsed=0.25)
    for _ in range(int(HANGING_SECONDS)):
        assert not slot.hangs
        slot.observe(report=1.0, elapsed=1.0)
    assert slot.hangs
    slot.observe(report=2.0, elapsed=1.0)
    assert not slot.hangs


def test_slot_allows_a_minute_until_the_first_report() -> None:
    slot = Slot()
    for _ in range(int(START_SECONDS)):
        assert not slot.hangs
        slot.observe(report=0.0, elapsed=1.0)
    assert slot.hangs


def test_slot_counts_a_pause_of_the_server_as_one_second() -> None:
    slot = Slot()
    slot.observe(report=1.0, elapsed=0.25)
    slot.observe(report=1.0, elapsed=3600.0)
    assert slot.silent == 1.0


def test_slot_delays_a_replacement_longer_after_each_short_life() -> None:
    slot = Slot()
    assert slot.delay() == 0.0
    delays = []
    for _ in range(8):
        slot.replaced(lived=1.0)
        delays.append(slot.delay())
    assert delays == sorted(delays)
    assert delays[-1] == LONGEST_DELAY
    slot.replaced(lived=60.0)
    assert slot.delay() == 0.0


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_server_replaces_each_killed_worker_and_its_workers_end_with_it(
    app_settings: Settings,
) -> None:
    with serving(app_settings, workers=2) as served:
        parent = served.process.pid
        for _ in range(4):
            before = set(children_of(parent))
            victim = max(before)
            os.kill(victim, signal.SIGKILL)
            ports.wait_until(
                partial(_is_replaced, parent, victim), seconds=15, what="the worker is replaced"
            )
        assert served.process.poll() is None
        workers = children_of(parent)
        served.process.kill()
        ports.wait_until(
            lambda: not any(_is_running(pid) for pid in workers),
            seconds=8,
            what="the workers end after their parent",
        )


def _is_replaced(parent: int, victim: int) -> bool:
    workers = children_of(parent)
    return victim not in workers and len(workers) == 2


def _is_running(pid: int) -> bool:
    with suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False
