"""Bars of the requests that services send while a crowd signs in."""

import math
import socket
import threading
from collections import Counter
from collections.abc import Iterator

from bench.crowd import HEALTH, Crowd, _probe
from bench.endpoints import JWKS, get
from bench.load import Conversation, Target
from bench.results import results

REFUSED = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"


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


def test_probe_goes_on_after_responses_that_end_the_connection() -> None:
    stop, waits = threading.Event(), list[float]()

    def refuse(listening: socket.socket) -> None:
        for number in range(3):
            with listening.accept()[0] as client:
                client.recv(4096)
                if number == 2:
                    stop.set()
                client.sendall(REFUSED)

    def requests() -> Iterator[Conversation]:
        while True:
            yield get("/jwks")

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=refuse, args=[listening])
        server.start()
        target = Target(listening.getsockname()[1], "localhost", 0)
        _probe(target, requests(), stop, waits)
        server.join()
    assert waits == [math.inf] * 3
