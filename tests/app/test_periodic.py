"""Jobs of the worker that are due every so many seconds."""

from __future__ import annotations

import pytest

from app.periodic import periodic_job
from app.web.application import Application

HOUR = 3600.0


@pytest.mark.parametrize(("seconds", "calls"), [(HOUR, 1), (0.0, 3)])
def test_periodic_job_calls_its_work_when_it_is_due(seconds: float, calls: int) -> None:
    done: list[str] = []
    job = periodic_job("tested", seconds, lambda: done.append("work"))
    with Application("app").app_context():
        assert [job.run() for _ in range(3)] == [False] * 3
    assert len(done) == calls


def test_periodic_job_is_due_again_after_a_failure() -> None:
    outcomes = [OSError("the disk is full"), None, None]

    def work() -> None:
        outcome = outcomes.pop(0)
        if outcome is not None:
            raise outcome

    job = periodic_job("tested", HOUR, work)
    with Application("app").app_context():
        with pytest.raises(OSError, match="the disk is full"):
            job.run()
        job.run()
        job.run()
    assert outcomes == [None]


def test_periodic_job_is_counted_in_each_application() -> None:
    done: list[str] = []
    job = periodic_job("tested", HOUR, lambda: done.append("work"))
    for application in (Application("one"), Application("another")):
        with application.app_context():
            job.run()
            job.run()
    assert len(done) == 2
