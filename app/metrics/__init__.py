"""Figures for operators, in the format of Prometheus.

Processes count in files below `SECURE_ACCESS_METRICS_DIRECTORY`, and `secure-access metrics`, a
process of its own on an address of its own, adds them up and reads further figures from the
database. Without the setting nothing is counted.
"""

from app.metrics.gauges import GAUGES, Gauge
from app.metrics.instruments import Counted, Seconds

__all__ = ["GAUGES", "Counted", "Gauge", "Seconds"]
