"""Processor time and memory of a process and its children, as the operating system counts them."""

import os
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of the process and all its descendants, dead ones included.

    proc(5), stat: `utime` and `stime` of each that lives, `cutime` and `cstime` for those that
    ended and were waited for. So the sum never falls, and a difference of two is what was used.
    """
    return sum(_ticks(each) for each in family(pid)) / _TICKS


def peak_memory_mib(pid: int) -> float:
    """Return the most memory that the process itself has held at once (proc(5), VmHWM)."""
    return _status_mib(pid, "VmHWM")


def memory_mib(pid: int) -> float:
    """Return the memory that the process itself holds now (proc(5), VmRSS)."""
    return _status_mib(pid, "VmRSS")


def _status_mib(pid: int, field: str) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) / 1024
    return 0.0


def family(pid: int) -> list[int]:
    """Return the process and every living descendant."""
    try:
        threads = [each.name for each in Path(f"/proc/{pid}/task").iterdir()]
    except FileNotFoundError:
        return []
    children = [int(child) for thread in threads for child in _children(pid, thread)]
    return [pid, *(each for child in children for each in family(child))]


def _children(pid: int, thread: str) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{thread}/children").read_text().split()
    except FileNotFoundError:
        return []


def _ticks(pid: int) -> int:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    # Behind the name, which may contain anything, the fields begin with the third (proc(5)).
    fields = text.rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15])
