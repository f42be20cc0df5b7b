"""Bars of the requests that services send while a crowd signs in."""

from collections import Counter

from bench.crowd import HEALTH, Crowd
from bench.endpoints import JWKS
from bench.results import results


def test_bars_of_a_crowd_are_99th_percentiles_and_name_the_refused() -> None:
    waits = [10.0] * 98 + [150.0, 5000.0]
    crowd = Crowd({JWKS: waits, HEALTH: [1200.0] * 100}, Counter({303: 388, 503: 112}))
    jwks, health = crowd.bars("SQLite")
    assert (jwks.measured, jwks.most, jwks.met) == (150.0, 200.0, True)
    assert jwks.what == "JWKS while 500 sign in (112 refused), 99th percentile, SQLite"
    assert not health.met


def test_results_miss_the_bars_of_a_slow_crowd() -> None:
    slow = {"SQLite": Crowd({JWKS: [300.0]}, Counter({303: 1}))}
    assert not results({}, [], None, crowds=slow).met
