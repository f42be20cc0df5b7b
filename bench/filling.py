"""Brings each database to a whole country and its people, and says what that took."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from approvals.organisations.synthetic import write_national
from bench.people import add_people
from bench.processes import Run, run
from bench.stores import Store
from bench.terminal import console
from wsgi import create_app

FIRST = "the whole country"
AGAIN = "the same files again"
POPULATION = "asp-2018"
QUICK_SCHOOLS = 2_000
QUICK_PEOPLE = 600


@dataclass(frozen=True)
class Work:
    """One command on one database, and what it took."""

    store: str
    what: str
    run: Run


class Filling:
    """Commands on the databases, each shown while it runs. The log keeps what they print."""

    def __init__(self, folder: Path, *, quick: bool) -> None:
        self.folder = folder
        self.quick = quick

    def set_up(self, stores: Iterable[Store]) -> None:
        for store in stores:
            self._run(store, "schema and keys", "setup")

    def import_register(self, stores: Iterable[Store], *, twice: bool) -> list[Work]:
        """Import the national register, and once more, which changes nothing."""
        with _shown("Writing the files of a made-up country"):
            folder = self.folder / "register"
            paths = write_national(folder, QUICK_SCHOOLS) if self.quick else write_national(folder)
        command = ["register", "import", *map(str, paths)]
        return [
            self._run(store, what, *command)
            for store in stores
            for what in ((FIRST, AGAIN) if twice else (FIRST,))
        ]

    def populate(self, stores: Iterable[Store]) -> list[Work]:
        return [self._run(store, POPULATION, "population", POPULATION) for store in stores]

    def add_a_few_people(self, stores: Iterable[Store]) -> None:
        """Add the people with whom `--quick` replaces the population."""
        for store in stores:
            with _shown(f"{store.name}: {QUICK_PEOPLE} people"):
                add_people(create_app(store.settings()), QUICK_PEOPLE)

    def _run(self, store: Store, what: str, *arguments: str) -> Work:
        with _shown(f"{store.name}: {what}"):
            took = run(arguments, store.environment(), self.folder / "commands.log")
        return Work(store.name, what, took)


def _shown(text: str) -> Progress:
    """Return a progress line with the time that has passed, removed when the work is done."""
    progress = Progress(
        SpinnerColumn(), TextColumn(text), TimeElapsedColumn(), console=console, transient=True
    )
    progress.add_task(text, total=None)
    return progress
