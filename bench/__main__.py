"""Measures the service: `make bench`, or `make bench BENCH_ARGS="endpoints --quick"`."""

import json
import logging
import signal
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from types import FrameType

import click

from bench import crowd, machine, peer, removal, start, stores
from bench.filling import Filling, Work
from bench.processes import Failed
from bench.report import show
from bench.results import Results, results
from bench.rounds import Journal, Plan, run
from bench.soak import soak

START, REGISTER, POPULATION, ENDPOINTS = "start", "register", "population", "endpoints"
SIGN_IN, CROWD, REMOVAL, SOAK = "sign-in", "crowd", "removal", "soak"
SECTIONS = (START, REGISTER, POPULATION, ENDPOINTS, SIGN_IN, CROWD, REMOVAL)
"""Everything but the soak, which takes an hour."""
REMOVALS, QUICK_REMOVALS = 40, 5
SOAK_SIGN_INS = 20
SOAK_SESSIONS = 60
"""People of a soak's rounds: few, so that each round ends within the idle limit of a session."""
STARTS, QUICK_STARTS = 9, 3


@click.command()
@click.argument("sections", nargs=-1, type=click.Choice((*SECTIONS, SOAK)))
@click.option("--quick", is_flag=True, help="Try it out: a small country, few people, two rounds.")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True)
@click.option("--seconds", type=float, default=1.5, show_default=True, help="Of each sample.")
@click.option(
    "--minutes", type=click.FloatRange(1), default=60.0, show_default=True, help="Of the soak."
)
@click.option(
    "--json", "target", type=click.Path(dir_okay=False, path_type=Path), help="Write figures here."
)
def main(
    sections: tuple[str, ...],
    quick: bool,
    rounds: int,
    seconds: float,
    minutes: float,
    target: Path | None,
) -> None:
    """Measure SECTIONS, all of them where none is named.

    `start` stands alone. Each other one stands on those before it: `endpoints` fills its databases
    as `register` and `population` do, and shows what that took. `soak` is measured only if it is
    named. Ends with 1 where a bar is missed.
    """
    wanted = set(sections or SECTIONS)
    plan = Plan(
        rounds=2 if quick else rounds,
        seconds=min(seconds, 0.3) if quick else seconds,
        sessions=40 if quick else 400,
        sign_ins=(8 if quick else 40) if SIGN_IN in wanted else 0,
        endpoints=ENDPOINTS in wanted,
    )
    try:
        found = measure(wanted, plan, minutes=minutes, quick=quick)
    except Failed as error:
        raise click.ClickException(str(error)) from None
    show(found)
    if target is not None:
        target.write_text(json.dumps(found.as_json(), indent=2) + "\n")
    if not found.met:
        sys.exit(1)


def measure(wanted: set[str], plan: Plan, *, minutes: float, quick: bool) -> Results:
    """Run the sections on fresh databases, which are deleted afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="secure-access-bench-") as name,
        stores.opened(Path(name)) as opened,
    ):
        folder = Path(name)
        described = machine.description(stores.postgresql_version(opened[-1]))
        if ENDPOINTS in wanted:
            described["peer"] = peer.version()
        filling = Filling(folder, quick=quick)
        filling.set_up(opened)
        started = start.Starts()
        if START in wanted:
            started = start.starts(opened[0], folder, rounds=QUICK_STARTS if quick else STARTS)
        if not wanted - {START}:
            return results(described, [], None, starts=started)
        works: list[Work] = filling.import_register(opened, twice=REGISTER in wanted)
        journal: Journal | None = None
        if wanted - {START, REGISTER}:
            if quick:
                filling.add_a_few_people(opened)
            else:
                works += filling.populate(opened)
        if wanted & {ENDPOINTS, SIGN_IN}:
            journal = run(opened, plan, folder)
        found = {}
        if CROWD in wanted:
            served = replace(plan, rounds=0, sign_ins=0, endpoints=True)
            people = crowd.QUICK_CROWD if quick else crowd.CROWD
            found = crowd.crowds(opened, served, folder, people=people)
        removals = {}
        if REMOVAL in wanted:
            number = QUICK_REMOVALS if quick else REMOVALS
            removals = {
                store.name: removal.told_after(store, folder, removals=number) for store in opened
            }
        curves = {}
        if SOAK in wanted:
            mixed = replace(
                plan, rounds=0, sessions=SOAK_SESSIONS, sign_ins=SOAK_SIGN_INS, endpoints=True
            )
            curves = soak(opened, mixed, folder, minutes=minutes)
        return results(described, works, journal, removals, started, curves, found)


def _stopped(_signal: int, _frame: FrameType | None) -> None:
    """Stop the servers and remove the files when the run is told to end."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, _stopped)
    # Set-up work in this process is not news.
    logging.disable(logging.INFO)
    main()
