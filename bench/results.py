"""Findings of a run: the figures of its journal and its commands, against the bars. Pure."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from bench import endpoints, peer, removal
from bench.crowd import Crowd
from bench.figures import Bar, Figure, Ratio, figure, percentile, ratio
from bench.filling import AGAIN, FIRST, POPULATION, Work
from bench.limits import ARGON2ID
from bench.rounds import Journal, Row
from bench.sign_in import SIGN_IN
from bench.soak import Curve
from bench.start import Starts
from bench.stores import POSTGRESQL, SQLITE

IMPORT_SECONDS = 30.0
IMPORT_MIB = 400.0
POPULATION_SECONDS = 300.0
WORKER_MIB = 160.0
GROWTH = 5.0
"""Per cent, after the first ten minutes of an hour."""
WITH_SERVICE = (
    endpoints.EXCHANGE,
    endpoints.REFRESH,
    endpoints.USERINFO,
    endpoints.INTROSPECTION,
)
SERVICE_AT_LEAST = 0.75
"""Responses to a client with a service, whose tokens carry a decision, per one without."""


@dataclass(frozen=True)
class Results:
    """`figures` by row; `limits` and `empty` per CPU-second; `bars` what must hold."""

    machine: dict[str, str]
    works: list[Work]
    rounds: int = 0
    limits: dict[str, float] = field(default_factory=dict)
    empty: float = 0.0
    figures: dict[Row, Figure] = field(default_factory=dict)
    people: dict[str, int] = field(default_factory=dict)
    ready_after: dict[str, float] = field(default_factory=dict)
    peak_mib: dict[str, float] = field(default_factory=dict)
    after_load_mib: dict[str, float] = field(default_factory=dict)
    ratios: list[Ratio] = field(default_factory=list)
    service_ratios: list[Ratio] = field(default_factory=list)
    removals: dict[str, list[float]] = field(default_factory=dict)
    """By store: for each removal, the seconds until the last healthy service was told."""
    starts: Starts = field(default_factory=Starts)
    curves: dict[str, Curve] = field(default_factory=dict)
    """By store: the memory of a worker under mixed load."""
    crowds: dict[str, Crowd] = field(default_factory=dict)
    """By store: requests of services while a crowd signs in."""

    @property
    def met(self) -> bool:
        ratios = [*self.ratios, *self.service_ratios]
        return all(bar.met for bar in self.bars) and all(each.met for each in ratios)

    @property
    def bars(self) -> list[Bar]:
        told = (
            f"a removal told to {removal.SERVICES - removal.HANGING} of {removal.SERVICES} services"
        )
        return (
            self.starts.bars()
            + bars(self.works)
            + [
                Bar(
                    f"{told}, 95th percentile, {store}",
                    removal.SECONDS,
                    "s",
                    percentile(seconds, 95),
                )
                for store, seconds in self.removals.items()
            ]
            + [
                Bar(
                    f"resident memory of a worker after the load, {store}",
                    WORKER_MIB,
                    "MiB",
                    memory,
                )
                for store, memory in self.after_load_mib.items()
            ]
            + [
                Bar(f"growth of a worker's memory, {store}", GROWTH, "%", curve.growth * 100)
                for store, curve in self.curves.items()
            ]
            + [bar for store, crowd in self.crowds.items() for bar in crowd.bars(store)]
        )

    @property
    def sign_in_shares(self) -> dict[str, float]:
        """By store: how much of the argon2id limit a sign-in through the form reaches."""
        return {
            row.store: found.rate / self.limits[ARGON2ID]
            for row, found in self.figures.items()
            if row.endpoint == SIGN_IN
        }

    def as_json(self) -> dict[str, Any]:
        """Return the results without names of the machine, its places and secrets."""
        return {
            "machine": self.machine,
            "commands": [
                {
                    "store": work.store,
                    "what": work.what,
                    "seconds": round(work.run.seconds, 2),
                    "cpu_seconds": round(work.run.cpu_seconds, 2),
                    "peak_mib": round(work.run.peak_mib, 1),
                }
                for work in self.works
            ],
            "starts": {
                name: [round(taken, 3) for taken in samples]
                for name, samples in asdict(self.starts).items()
            },
            "rounds": self.rounds,
            "limits": {name: round(rate, 1) for name, rate in self.limits.items()},
            "empty_application": round(self.empty, 1),
            "endpoints": [
                {
                    "store": row.store,
                    "client": row.client,
                    "endpoint": row.endpoint,
                    "per_cpu_second": round(found.rate, 1),
                    "per_cpu_second_of_server": round(found.server_rate, 1),
                    "share_of_empty": round(found.share, 4),
                    "spread": round(found.spread, 3),
                    "units": found.units,
                }
                for row, found in self.figures.items()
            ],
            "beside_the_peer": [_ratio_as_json(each, "peer") for each in self.ratios],
            "with_a_service": [
                _ratio_as_json(each, "without_service") for each in self.service_ratios
            ],
            "sign_in_share_of_argon2id": {
                store: round(share, 3) for store, share in self.sign_in_shares.items()
            },
            "servers": {
                store: {
                    "people": self.people[store],
                    "ready_after_seconds": round(self.ready_after[store], 2),
                    "peak_mib": round(self.peak_mib[store], 1),
                    "after_load_mib": round(self.after_load_mib[store], 1),
                }
                for store in self.people
            },
            "memory": {
                store: [
                    {"minutes": round(minutes, 1), "mib": round(mib, 1)}
                    for minutes, mib in zip(curve.minutes, curve.mib, strict=True)
                ]
                for store, curve in self.curves.items()
            },
            "bars": [
                {
                    "what": bar.what,
                    "at_most": bar.most,
                    "unit": bar.unit,
                    "measured": round(bar.measured, 2),
                    "met": bar.met,
                }
                for bar in self.bars
            ],
        }


def _ratio_as_json(each: Ratio, other: str) -> dict[str, Any]:
    return {
        "endpoint": each.what,
        "per_cpu_second": round(each.ours, 1),
        f"{other}_per_cpu_second": round(each.theirs, 1),
        "ratio": round(each.measured, 3),
        "at_least": each.least,
        "met": each.met,
    }


def results(
    machine: dict[str, str],
    works: list[Work],
    journal: Journal | None,
    removals: dict[str, list[float]] | None = None,
    starts: Starts | None = None,
    curves: dict[str, Curve] | None = None,
    crowds: dict[str, Crowd] | None = None,
) -> Results:
    """Collect the results of a run."""
    if journal is None:
        return Results(
            machine,
            works,
            removals=removals or {},
            starts=starts or Starts(),
            curves=curves or {},
            crowds=crowds or {},
        )
    return Results(
        machine,
        works,
        rounds=len(journal.empty),
        limits={name: median(rates) for name, rates in journal.limits.items()},
        empty=median(sample.rate for sample in journal.empty),
        figures={row: figure(samples, journal.empty) for row, samples in journal.samples.items()},
        people=journal.people,
        ready_after=journal.ready_after,
        peak_mib=journal.peak_mib,
        after_load_mib=journal.after_load_mib,
        ratios=_ratios_to_peer(journal),
        service_ratios=_ratios_with_service(journal),
        removals=removals or {},
        starts=starts or Starts(),
        curves=curves or {},
        crowds=crowds or {},
    )


def _ratios_to_peer(journal: Journal) -> list[Ratio]:
    """Return the ratios on each database to the peer on the same, where both were measured."""
    return [
        found
        for store, bars in peer.AT_LEAST.items()
        for endpoint, least in bars.items()
        if (
            found := _ratio(
                journal,
                f"{endpoint}, {store}",
                Row(store, peer.COMPARED[endpoint], endpoint),
                Row(store, peer.NAME, endpoint),
                least,
            )
        )
    ]


def _ratios_with_service(journal: Journal) -> list[Ratio]:
    """Return the ratios of a client with a service to one without, on PostgreSQL."""
    return [
        found
        for endpoint in WITH_SERVICE
        if (
            found := _ratio(
                journal,
                f"{endpoint}, {POSTGRESQL}",
                Row(POSTGRESQL, "service", endpoint),
                Row(POSTGRESQL, "identity only", endpoint),
                SERVICE_AT_LEAST,
            )
        )
    ]


def _ratio(journal: Journal, what: str, ours: Row, other: Row, least: float) -> Ratio | None:
    samples = journal.samples
    if ours not in samples or other not in samples:
        return None
    return ratio(what, samples[ours], samples[other], least)


def bars(works: Sequence[Work]) -> list[Bar]:
    """Return the bars of the import on both databases and of the population on SQLite."""
    found = []
    for work in works:
        if work.what in {FIRST, AGAIN}:
            what = f"register import, {work.what}, {work.store}"
            found.append(Bar(what, IMPORT_SECONDS, "s", work.run.seconds))
            found.append(Bar(what, IMPORT_MIB, "MiB", work.run.peak_mib))
        if work.what == POPULATION and work.store == SQLITE:
            what = f"population {POPULATION}, {work.store}"
            found.append(Bar(what, POPULATION_SECONDS, "s", work.run.seconds))
    return found
