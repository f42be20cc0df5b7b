"""The processor time that commands take to start, beside that of importing their libraries."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.figures import Bar
from bench.processes import PROGRAM, PYTHON, cpu_seconds
from bench.stores import Store

LIBRARIES = "import flask, flask_sqlalchemy, pydantic_settings"
HELP = ("register", "import", "--help")
COMMAND = ("settings",)
"""It composes the application, and does next to nothing with it."""
HELP_AT_MOST = 0.57
COMMAND_AT_MOST = 1.71
"""0.4 and 1.2 CPU-seconds on a machine where importing the libraries takes 0.7."""


@dataclass(frozen=True)
class Starts:
    """CPU-seconds by round: of importing the libraries, of help, of a command."""

    libraries: list[float] = field(default_factory=list)
    help: list[float] = field(default_factory=list)
    command: list[float] = field(default_factory=list)

    def bars(self) -> list[Bar]:
        """Return the medians of the rounds' ratios, against what they may be."""
        return [
            Bar(
                f"{what} beside importing its libraries ({median(samples):.2f} CPU s)",
                most,
                "times",
                self._ratio(samples),
            )
            for what, most, samples in (
                ("help", HELP_AT_MOST, self.help),
                ("start of a command", COMMAND_AT_MOST, self.command),
            )
            if samples
        ]

    def _ratio(self, samples: list[float]) -> float:
        pairs = zip(samples, self.libraries, strict=True)
        return median(taken / base for taken, base in pairs)


def starts(store: Store, folder: Path, *, rounds: int) -> Starts:
    """Start each so many times, one after the other. The first, unmeasured, compiles bytecode."""
    found = Starts()
    environment, log = store.environment(), folder / "starts.log"
    for number in range(rounds + 1):
        for samples, command in (
            (found.libraries, [str(PYTHON), "-c", LIBRARIES]),
            (found.help, [str(PROGRAM), *HELP]),
            (found.command, [str(PROGRAM), *COMMAND]),
        ):
            taken = cpu_seconds(command, environment, log)
            if number:
                samples.append(taken)
    return found
