"""Figures that each scrape reads from the database: lengths and ages of queues, ages of keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.composition import ExtensionPoint


@dataclass(frozen=True)
class Gauge:
    """A figure in the database. `read` returns its values by the label's value.

    label: the name of the label; a figure without one has its value under an empty text.
    """

    name: str
    description: str
    read: Callable[[], Mapping[str, float]]
    label: str | None = None


GAUGES = ExtensionPoint[Gauge]("gauges", named=lambda gauge: gauge.name)
