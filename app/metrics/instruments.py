"""Figures that processes count while they work."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar, cast

from flask import Flask

from app.settings import SETTINGS

if TYPE_CHECKING:
    from prometheus_client import Counter, Histogram

PREFIX = "secure_access"
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper bounds in seconds."""
_counting = threading.Event()


def install(app: Flask) -> None:
    """Count in the folder that the settings name, from now on; without one nothing is counted.

    The library reads the name of its folder when it is imported, so it is set before that.
    """
    directory = SETTINGS.of(app).metrics_directory
    if directory is not None:
        directory.mkdir(parents=True, exist_ok=True)
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(directory)
        _counting.set()


class Seconds:
    """A distribution of durations, by labels."""

    def __init__(self, name: str, description: str, *labels: str) -> None:
        self._name = f"{name}_seconds"
        self._description = description
        self._labels = labels

    def observe(self, seconds: float, *labels: str) -> None:
        """Count a duration."""
        if _counting.is_set():
            histogram = self._histogram()
            (histogram.labels(*labels) if labels else histogram).observe(seconds)

    def _histogram(self) -> Histogram:
        from prometheus_client import Histogram

        return _made_once(
            self._name,
            lambda: Histogram(
                self._name, self._description, self._labels, namespace=PREFIX, buckets=BUCKETS
            ),
        )


class Counted:
    """A number of events, by labels."""

    def __init__(self, name: str, description: str, *labels: str) -> None:
        self._name = name
        self._description = description
        self._labels = labels

    def count(self, *labels: str) -> None:
        """Count an event."""
        if _counting.is_set():
            counter = self._counter()
            (counter.labels(*labels) if labels else counter).inc()

    def _counter(self) -> Counter:
        from prometheus_client import Counter

        return _made_once(
            self._name,
            lambda: Counter(self._name, self._description, self._labels, namespace=PREFIX),
        )


_made: dict[str, object] = {}
_making = threading.Lock()
Instrument = TypeVar("Instrument")


def _made_once(name: str, make: Callable[[], Instrument]) -> Instrument:
    """Return the instrument of that name; the library refuses a second one in a process."""
    if name not in _made:
        with _making:
            if name not in _made:
                _made[name] = make()
    return cast(Instrument, _made[name])
