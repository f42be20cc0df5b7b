"""CPU affinity and scheduling class of workers."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.serving.cpu_affinity import assigned_processor
from approvals.settings import Settings
from tests.identity.oidc.served import serving


def test_assigned_processor_is_another_for_each_worker() -> None:
    processors = [
        assigned_processor(number, workers=3, processors={0, 4, 2}) for number in range(3)
    ]
    assert processors == [0, 2, 4]


def test_assigned_processor_is_shared_evenly_by_more_workers() -> None:
    processors = [assigned_processor(number, workers=4, processors={5, 7}) for number in range(4)]
    assert processors == [5, 7, 5, 7]


def test_assigned_processor_starts_again_for_a_respawned_worker() -> None:
    assert assigned_processor(2, workers=2, processors={0, 1}) == 0


def test_assigned_processor_is_none_for_fewer_workers() -> None:
    assert assigned_processor(0, workers=1, processors={0, 1}) is None


@pytest.mark.usefixtures("processes")
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("switched_on", [False, True])
def test_worker_is_bound_and_scheduled_as_batch_only_if_set(
    app_settings: Settings, switched_on: bool
) -> None:
    processors = os.sched_getaffinity(0)
    value = str(switched_on).lower()
    with serving(
        app_settings,
        workers=len(processors),
        SECURE_ACCESS_CPU_AFFINITY=value,
        SECURE_ACCESS_BATCH_SCHEDULING=value,
    ) as served:
        workers = _children(served.process.pid)
        classes = {os.sched_getscheduler(worker) for worker in workers}
        bound_to = sorted(tuple(os.sched_getaffinity(worker)) for worker in workers)
    if switched_on:
        assert classes == {os.SCHED_BATCH}
        assert bound_to == [(processor,) for processor in sorted(processors)]
    else:
        assert classes == {os.sched_getscheduler(0)}
        assert bound_to == [tuple(processors)] * len(processors)


def _children(process: int) -> list[int]:
    """Return the worker processes of a server."""
    text = Path(f"/proc/{process}/task/{process}/children").read_text()
    children = [int(child) for child in text.split()]
    return [child for child in children if not _is_resource_tracker(child)]


def _is_resource_tracker(process: int) -> bool:
    """Return whether it is the process that `multiprocessing` starts for itself."""
    return b"resource_tracker" in Path(f"/proc/{process}/cmdline").read_bytes()
