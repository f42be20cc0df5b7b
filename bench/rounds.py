"""All endpoints of all servers in turn, round after round, so that each meets the same weather."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from app.settings import AppSettings
from bench import endpoints, limits, peer, sign_in
from bench.cpu import family, memory_mib, peak_memory_mib
from bench.endpoints import Client
from bench.load import Conversation, Sample, Target, measure
from bench.peer import Peer
from bench.people import VARIANTS, Stage, set_stage
from bench.processes import GRANIAN, PROGRAM, Running, out_of_the_way, serving
from bench.stores import Store, settle, settle_peer
from bench.terminal import console
from tests.servers import ports
from wsgi import create_app

ANY_CLIENT = ""


@dataclass(frozen=True)
class Plan:
    """How much is done. `sign_ins` are people who sign in through the form in each round."""

    rounds: int
    seconds: float
    sessions: int
    sign_ins: int
    connections: int = 8
    endpoints: bool = True


class Row(NamedTuple):
    """Subject of a figure. `client` is a variant's name, empty where no client is asked."""

    store: str
    client: str
    endpoint: str


@dataclass
class Journal:
    """Everything that was measured: a sample, or a limit's rate, for each round."""

    limits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    empty: list[Sample] = field(default_factory=list)
    samples: dict[Row, list[Sample]] = field(default_factory=lambda: defaultdict(list))
    people: dict[str, int] = field(default_factory=dict)
    ready_after: dict[str, float] = field(default_factory=dict)
    peak_mib: dict[str, float] = field(default_factory=dict)
    after_load_mib: dict[str, float] = field(default_factory=dict)


@dataclass
class Served:
    """A store's running server and what its people and clients hold."""

    store: Store
    target: Target
    stage: Stage
    clients: list[Client]


def run(stores: list[Store], plan: Plan, folder: Path) -> Journal:
    """Set the stage, start the servers and measure; a round before the first only warms up."""
    journal = Journal()
    with ExitStack() as stack:
        served = [serve(store, plan, folder, journal, stack) for store in stores]
        empty = _serve_empty(folder, stack)
        beside = [_serve_peer(store, plan, folder, stack) for store in stores if plan.endpoints]
        operations = limits.operations()
        with out_of_the_way(), progress_bar() as progress:
            task = progress.add_task("", total=plan.rounds + 1)
            for number in range(plan.rounds + 1):
                title = f"Round {number} of {plan.rounds}" if number else "Warming up"
                into = journal if number else Journal()
                for name, operation in operations.items():
                    progress.update(task, description=f"{title}: {name}")
                    into.limits[name].append(limits.rate(operation, seconds=plan.seconds / 2))
                for row, target, work in _works(served, plan, number, empty, beside):
                    progress.update(task, description=f"{title}: {row.store} {row.endpoint}")
                    sample = measure(
                        target, work, seconds=plan.seconds, connections=plan.connections
                    )
                    (into.samples[row] if row.store else into.empty).append(sample)
                progress.advance(task)
        for each in served:
            processes = family(each.target.pid)
            journal.peak_mib[each.store.name] = max(map(peak_memory_mib, processes))
            journal.after_load_mib[each.store.name] = max(map(memory_mib, processes))
    return journal


Piece = tuple[Row, Target, Iterable[Conversation]]


def _works(
    served: list[Served], plan: Plan, number: int, empty: Target, beside: list[Peer]
) -> Iterator[Piece]:
    yield Row("", ANY_CLIENT, "empty application"), empty, endpoints.empty()
    for each in served:
        for other in beside:
            if other.store == each.store.name:
                for endpoint, work in other.works():
                    yield Row(other.store, peer.NAME, endpoint), other.target, work
        yield from pieces(each, plan, number)


def pieces(served: Served, plan: Plan, number: int) -> Iterator[Piece]:
    """Yield what the plan asks one server in a round."""
    if plan.endpoints:
        yield from _endpoints(served)
    if plan.sign_ins:
        first = number * plan.sign_ins
        secrets = served.stage.secrets[first : first + plan.sign_ins]
        yield (
            Row(served.store.name, ANY_CLIENT, sign_in.SIGN_IN),
            served.target,
            sign_in.sign_ins(secrets),
        )


def _endpoints(served: Served) -> Iterator[Piece]:
    name, target = served.store.name, served.target
    yield Row(name, ANY_CLIENT, endpoints.DISCOVERY), target, endpoints.discovery()
    yield Row(name, ANY_CLIENT, endpoints.JWKS), target, endpoints.jwks()
    for client in served.clients:
        variant = client.variant.name
        if client.variant.own:
            yield (
                Row(name, variant, endpoints.CLIENT_CREDENTIALS),
                target,
                client.client_credentials(),
            )
        yield Row(name, variant, endpoints.AUTHORIZE), target, client.authorize()
        yield Row(name, variant, endpoints.EXCHANGE), target, client.exchange()
        yield Row(name, variant, endpoints.REFRESH), target, client.refresh()
        if not client.variant.issues_only:
            yield Row(name, variant, endpoints.USERINFO), target, client.userinfo()
            yield Row(name, variant, endpoints.INTROSPECTION), target, client.introspection()


def serve(store: Store, plan: Plan, folder: Path, journal: Journal, stack: ExitStack) -> Served:
    """Let people sign in and start the store's server, which the stack stops."""
    with console.status(f"{store.name}: people sign in"):
        stage = set_stage(
            create_app(store.settings()),
            sessions=plan.sessions if plan.endpoints else 0,
            secrets=plan.sign_ins * (plan.rounds + 1),
        )
    settle(store)
    log = folder / f"serve-{store.name}.log"
    running = stack.enter_context(
        serving([str(PROGRAM), "serve"], store.environment(), store.port, log)
    )
    journal.people[store.name] = stage.people
    journal.ready_after[store.name] = running.ready_after
    return Served(
        store,
        Target(store.port, store.host, running.pid, store.pid),
        stage,
        [Client.of(variant, stage) for variant in VARIANTS],
    )


def _serve_peer(store: Store, plan: Plan, folder: Path, stack: ExitStack) -> Peer:
    with console.status(f"{peer.NAME} on {store.name}: people sign in"):
        found = peer.served(store, folder, stack, each_round=plan.sessions, rounds=plan.rounds + 1)
    settle_peer(store)
    return found


def _serve_empty(folder: Path, stack: ExitStack) -> Target:
    """Serve the empty application as `secure-access serve` does, with as many threads."""
    port = ports.free_port()
    command = [
        str(GRANIAN),
        "--interface=wsgi",
        "--host=127.0.0.1",
        f"--port={port}",
        "--workers=1",
        f"--blocking-threads={AppSettings.model_fields['threads'].default}",
        "--log-level=warning",
        "bench.empty:application",
    ]
    running: Running = stack.enter_context(
        serving(command, os.environ, port, folder / "serve-empty.log")
    )
    return Target(port, f"localhost:{port}", running.pid)


def progress_bar() -> Progress:
    """Return a bar with a description and the time that is left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )
