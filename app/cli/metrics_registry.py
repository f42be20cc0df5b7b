"""Registry of `/metrics`: the counts of the processes, and figures of the database."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import structlog
from flask import Flask
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from app.database import db
from app.metrics.gauges import GAUGES, Gauge
from app.metrics.instruments import PREFIX

log = structlog.get_logger()


class DatabaseCollector(Collector):
    """Collects every gauge from the database at each scrape.

    `secure_access_database_up` is 0 where the database does not answer, and the gauges are then
    absent, because an old figure looks like a present one.
    """

    def __init__(self, app: Flask) -> None:
        self._app = app

    def collect(self) -> Iterator[Metric]:
        with self._app.app_context():
            before = time.perf_counter()
            families, answers = [], 1.0
            try:
                families = [_family(gauge) for gauge in GAUGES.values()]
            except SQLAlchemyError as error:
                log.error("the database does not answer", error=type(error).__name__)
                answers = 0.0
            finally:
                db.session.remove()
            yield _single("database_up", "Whether the database answers", answers)
            yield _single(
                "database_gauges_seconds",
                "Seconds that reading the figures of the database took",
                time.perf_counter() - before,
            )
            yield from families


def registry_of(app: Flask, directory: Path) -> CollectorRegistry:
    """Return the registry of all figures of this installation."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=str(directory))  # type: ignore[no-untyped-call]
    registry.register(DatabaseCollector(app))
    return registry


def _family(gauge: Gauge) -> GaugeMetricFamily:
    labels = [gauge.label] if gauge.label is not None else []
    family = GaugeMetricFamily(f"{PREFIX}_{gauge.name}", gauge.description, labels=labels)
    for label, value in gauge.read().items():
        family.add_metric([label] if labels else [], value)
    return family


def _single(name: str, description: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", description, value=value)
