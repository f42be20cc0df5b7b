"""Requests of services while a crowd of people waits for the hashes of their passwords."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import TypeVar

from bench import endpoints, sign_in
from bench.figures import Bar, percentile
from bench.http import Answer, Call, Connection, Unexpected
from bench.load import Conversation, Target, address, measure
from bench.processes import out_of_the_way
from bench.rounds import Journal, Plan, Served, serve
from bench.stores import Store
from bench.terminal import console

CROWD, QUICK_CROWD = 500, 100
BUSY = 503
HEALTH = "health"
MOST_MILLISECONDS = {
    endpoints.CLIENT_CREDENTIALS: 200.0,
    endpoints.USERINFO: 200.0,
    endpoints.JWKS: 200.0,
    HEALTH: 1000.0,
}
"""Bars of the 99th percentiles. The first is a request to /token."""
LONGEST_SECONDS = 300.0
"""Time after which the last of the crowd must have a response."""
Value = TypeVar("Value")


@dataclass
class Crowd:
    """Milliseconds of each request to an endpoint, and the responses to the crowd by status."""

    waits: dict[str, list[float]] = field(default_factory=dict)
    outcomes: Counter[int] = field(default_factory=Counter)
    seconds: float = 0.0

    def bars(self, store: str) -> list[Bar]:
        people, refused = self.outcomes.total(), self.outcomes[BUSY]
        return [
            Bar(
                f"{endpoint} while {people} sign in ({refused} refused), 99th percentile, {store}",
                MOST_MILLISECONDS[endpoint],
                "ms",
                percentile(waits, 99),
            )
            for endpoint, waits in self.waits.items()
        ]


def crowds(stores: Iterable[Store], plan: Plan, folder: Path, *, people: int) -> dict[str, Crowd]:
    """Send a crowd to each store's server, one after the other. Return what was measured."""
    found = {}
    for store in stores:
        with ExitStack() as stack:
            served = serve(store, plan, folder, Journal(), stack)
            with out_of_the_way(), console.status(f"{store.name}: {people} people sign in at once"):
                found[store.name] = _crowd(served, people)
    return found


def _crowd(served: Served, people: int) -> Crowd:
    target, client = served.target, served.clients[0]
    for work in (client.authorize(), client.exchange()):
        measure(target, work, seconds=60, connections=4)
    posts = list(_password_posts(target, people))
    lines = [Connection(target.port, target.host, address()) for _ in posts]
    crowd, stop = Crowd(), threading.Event()
    probes = [
        threading.Thread(target=_probe, args=[target, work, stop, crowd.waits.setdefault(name, [])])
        for name, work in (
            (endpoints.CLIENT_CREDENTIALS, client.client_credentials()),
            (endpoints.USERINFO, client.userinfo()),
            (endpoints.JWKS, endpoints.jwks()),
            (HEALTH, cycle_of("/healthz")),
        )
    ]
    try:
        for line, post in zip(lines, posts, strict=True):
            line.socket.settimeout(LONGEST_SECONDS)
            line.send(post)
        began = time.monotonic()
        for probe in probes:
            probe.start()
        crowd.outcomes.update(line.receive().status for line in lines)
        crowd.seconds = time.monotonic() - began
    finally:
        stop.set()
        for probe in probes:
            probe.join()
        for line in lines:
            line.close()
    return crowd


def cycle_of(path: str) -> Iterator[Conversation]:
    """Yield requests for the path."""
    for each in cycle([path]):
        yield endpoints.get(each)


def _password_posts(target: Target, people: int) -> Iterator[Call]:
    """Return the post of a wrong password for each person, who has opened the page before."""
    for number in range(people):
        line, jar = Connection(target.port, target.host, address()), dict[str, str]()
        page = _carry_out(line, sign_in.page(jar, "/sign-in"))
        line.close()
        form = {"email": f"crowd.{number}@access.example", "password": "no one has this"}
        yield sign_in.post(jar, page, form)


def _probe(
    target: Target, work: Iterable[Conversation], stop: threading.Event, waits: list[float]
) -> None:
    """Send one request after the other. A failed one takes for ever, and the next reconnects."""
    line = Connection(target.port, target.host, address())
    for conversation in work:
        if stop.is_set():
            break
        began = time.monotonic()
        try:
            _carry_out(line, conversation)
        except (Unexpected, OSError):
            waits.append(math.inf)
            line.close()
            line = Connection(target.port, target.host, address())
        else:
            waits.append((time.monotonic() - began) * 1000)
    line.close()


def _carry_out(line: Connection, conversation: Generator[Call, Answer, Value]) -> Value:
    """Send the requests of a conversation, and return its result."""
    call = next(conversation)
    while True:
        line.send(call)
        try:
            call = conversation.send(line.receive())
        except StopIteration as end:
            value: Value = end.value
            return value
