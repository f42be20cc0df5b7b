"""Count and version of remits, worked out once for each state of the register.

Tokens carry both, so they are wanted often, while the list changes only with an import or at
midnight. They are functions of the register's revision, the remit and the day, and are kept by
these; nothing has to be told when a file is imported. The revision is read each time.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.context import PerApplication
from approvals.organisations.queries import register_revision

EARLIEST_KNOWN = "earliest known"
"""The basis of a school on a day before the first file that speaks of it."""

_MOST = 20_000

Key = tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """`earliest_known` counts the schools for which no file is as old as the day."""

    count: int
    version: str
    earliest_known: int = 0


@dataclass
class _CachedSummaries:
    summaries: OrderedDict[Key, Summary] = field(default_factory=OrderedDict)
    lock: threading.Lock = field(default_factory=threading.Lock)


summaries = PerApplication("approvals.remits.summaries", _CachedSummaries)
"""Summaries of remits, kept by each process."""


def of(remit: Key, lines: Callable[[], Iterable[tuple[str, str, str]]]) -> Summary:
    """Return the summary of a remit; `lines` gives URN, name and basis of each school, by URN."""
    kept = summaries()
    key = (register_revision(), *remit)
    with kept.lock:
        if key in kept.summaries:
            kept.summaries.move_to_end(key)
            return kept.summaries[key]
    summary = summarise(lines())
    with kept.lock:
        kept.summaries[key] = summary
        while len(kept.summaries) > _MOST:
            kept.summaries.popitem(last=False)
    return summary


def summarise(lines: Iterable[tuple[str, str, str]]) -> Summary:
    """Return number and hash of the lines, and how many rest on the earliest known file."""
    digest = hashlib.sha256()
    count = earliest_known = 0
    for line in lines:
        digest.update("\x1f".join(line).encode())
        digest.update(b"\n")
        count += 1
        earliest_known += line[2] == EARLIEST_KNOWN
    return Summary(count, digest.hexdigest()[:32], earliest_known)
