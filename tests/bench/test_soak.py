"""Growth of memory in a soak."""

from __future__ import annotations

import pytest

from bench.soak import Curve


def test_growth_is_counted_from_the_tenth_minute_of_an_hour() -> None:
    curve = Curve(minutes=[1.0, 5.0, 10.5, 30.0, 60.0], mib=[80.0, 95.0, 100.0, 102.0, 104.0])
    assert curve.growth == pytest.approx(0.04)


def test_growth_of_a_short_run_is_counted_from_a_sixth_of_it() -> None:
    curve = Curve(minutes=[0.5, 1.0, 6.0], mib=[100.0, 110.0, 121.0])
    assert curve.growth == pytest.approx(0.1)
