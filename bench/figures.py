"""From samples to figures. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from bench.load import Sample


@dataclass(frozen=True)
class Figure:
    """Medians over the rounds. `share` is the ratio to the empty application in the same round.

    `rate` counts the processor time of server and database, `server_rate` the server's alone;
    `spread` is the distance of the extreme rounds, as part of the median.
    """

    rate: float
    server_rate: float
    share: float
    spread: float
    units: int


def figure(samples: Sequence[Sample], empty: Sequence[Sample]) -> Figure:
    """Return the figure; `empty` are the empty application's samples of the same rounds."""
    rates = [sample.rate for sample in samples]
    middle = median(rates)
    return Figure(
        rate=middle,
        server_rate=median(sample.server_rate for sample in samples),
        share=median(sample.rate / base.rate for sample, base in zip(samples, empty, strict=True)),
        spread=(max(rates) - min(rates)) / middle,
        units=sum(sample.units for sample in samples),
    )


@dataclass(frozen=True)
class Bar:
    """Upper limit of a measured figure."""

    what: str
    most: float
    unit: str
    measured: float

    @property
    def met(self) -> bool:
        return self.measured <= self.most


@dataclass(frozen=True)
class Ratio:
    """Our rate as a part of the peer's: the median of the rounds' pairs, and what it is to be."""

    what: str
    ours: float
    theirs: float
    measured: float
    least: float

    @property
    def met(self) -> bool:
        return self.measured >= self.least


def ratio(what: str, ours: Sequence[Sample], theirs: Sequence[Sample], least: float) -> Ratio:
    """Return the ratio of samples of the same rounds."""
    pairs = zip(ours, theirs, strict=True)
    return Ratio(
        what,
        median(sample.rate for sample in ours),
        median(sample.rate for sample in theirs),
        median(mine.rate / other.rate for mine, other in pairs),
        least,
    )


def percentile(values: Sequence[float], of: int) -> float:
    """Return the smallest value that this share of values does not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * of // 100) - 1)]


def significant(value: float) -> str:
    """Return a figure as a table shows it: three digits, thousands with a comma."""
    if value >= 100:
        return f"{round(value, -2 if value >= 10_000 else 0):,.0f}"
    return f"{value:.3g}"
