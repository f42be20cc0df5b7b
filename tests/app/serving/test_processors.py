"""How a worker shares the processors."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from app.serving.processors import own_processor


def test_with_a_worker_for_each_processor_every_one_has_its_own() -> None:
    places = [own_processor(place, workers=3, processors={0, 4, 2}) for place in range(3)]
    assert places == [0, 2, 4]


def test_with_more_workers_than_processors_they_share_them_evenly() -> None:
    places = [own_processor(place, workers=4, processors={5, 7}) for place in range(4)]
    assert places == [5, 7, 5, 7]


def test_a_worker_that_takes_the_place_of_another_has_one_as_well() -> None:
    assert own_processor(2, workers=2, processors={0, 1}) == 0


def test_fewer_workers_than_processors_move_about() -> None:
    assert own_processor(0, workers=1, processors={0, 1}) is None


@pytest.mark.usefixtures("processes")
def test_a_process_keeps_to_its_own() -> None:
    """In a process of its own: the test's goes on moving about."""
    available = sorted(os.sched_getaffinity(0))
    command = (
        "import os; from app.serving.processors import settle_in;"
        f"settle_in(1, workers={len(available)}); print(sorted(os.sched_getaffinity(0)))"
    )
    kept = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True)
    assert kept.stdout.decode().strip() == str([available[1 % len(available)]])


@pytest.mark.usefixtures("processes")
def test_its_threads_do_not_push_each_other_off() -> None:
    command = (
        "import os, threading; from app.serving.processors import settle_in;"
        "settle_in(0, workers=1);"
        "later = threading.Thread(target=lambda: print(os.sched_getscheduler(0)));"
        "later.start(); later.join()"
    )
    told = subprocess.run([sys.executable, "-c", command], capture_output=True, check=True)
    assert int(told.stdout) == os.SCHED_BATCH
