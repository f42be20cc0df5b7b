import os
import subprocess
import sys

import pytest

from bench.cpu import cpu_seconds, family, peak_memory_mib

BUSY = "import time\nwhile time.process_time() < 0.5: pass"


@pytest.mark.usefixtures("processes")
def test_cpu_time_counts_children_while_they_live_and_afterwards() -> None:
    before = cpu_seconds(os.getpid())
    with subprocess.Popen(
        [sys.executable, "-c", f"{BUSY}\ninput()"], stdin=subprocess.PIPE
    ) as child:
        while cpu_seconds(child.pid) < 0.3:
            pass
        assert child.pid in family(os.getpid())
        alive = cpu_seconds(os.getpid()) - before
        child.communicate(b"\n")

    assert alive >= 0.3
    assert cpu_seconds(os.getpid()) - before >= alive


@pytest.mark.usefixtures("processes")
def test_cpu_time_of_an_ended_process_is_zero() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        child.wait()

    assert family(child.pid) == []
    assert cpu_seconds(child.pid) == 0


def test_peak_memory_is_at_least_what_was_allocated() -> None:
    held = bytearray(30 * 2**20)

    assert peak_memory_mib(os.getpid()) > len(held) / 2**20
