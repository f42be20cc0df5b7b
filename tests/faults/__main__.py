"""Command line of `make faults`. A run of all faults writes the table of the documentation."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.faults import report, rig, trial
from tests.faults.catalogue import CONTROL, NOT_RUN, chosen
from tests.faults.fault import Fault, NotRun
from tests.faults.stores import STORES
from tests.faults.trial import Result
from wsgi import ROOT

TYPICAL_SECONDS = 24.0
"""Time of one fault with its stage and checks, on two free processors."""
DOCUMENT = ROOT / "docs" / "reliability.md"


def main() -> int:
    """Return 1 if an invariant was breached, else 0."""
    options = _options()
    try:
        faults = chosen(options.faults.split())
    except LookupError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    # A run that is ended removes its volumes and servers, also in the background of a shell.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    # A mail server that stands in for Redis logs each line that it does not know.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    stores = STORES if options.store == "both" else (options.store,)
    number = sum(fault.reason_not_to_run(store) is None for fault in faults for store in stores)
    minutes = number * TYPICAL_SECONDS / 60
    sys.stdout.write(f"Seed {options.seed}. {number} faults take about {minutes:.0f} minutes.\n")
    began = time.monotonic()
    folder = Path(tempfile.mkdtemp(prefix="secure-access-faults-"))
    results: list[Result] = []
    for store in stores:
        results += asyncio.run(_run_all(store, faults, folder, options.seed))
    not_run = [*NOT_RUN] if not options.faults else []
    not_run += _not_run_here(faults, stores)
    with (folder / "results.jsonl").open("w", encoding="utf-8") as lines:
        lines.writelines(f"{report.as_json(result)}\n" for result in results)
    text = report.table(results, not_run)
    if not options.faults and options.store == "both":
        report.write_table(DOCUMENT, text)
    breached = sum(not result.passed for result in results)
    sys.stdout.write(
        f"\n{text}\n\n{len(results)} faults run in {time.monotonic() - began:.0f} s, "
        f"{breached} breached, {len(not_run)} not run. Journals, logs and results: {folder}\n"
    )
    return 1 if breached else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults", description=__doc__)
    parser.add_argument("--faults", default="", help="ids, separated by spaces; default all")
    parser.add_argument("--store", default="both", choices=[*STORES, "both"])
    parser.add_argument("--seed", type=int, default=int(time.time()))
    return parser.parse_args()


async def _run_all(store: str, faults: list[Fault], folder: Path, seed: int) -> list[Result]:
    results = []
    runnable = [fault for fault in faults if fault.reason_not_to_run(store) is None]
    if not runnable:
        return []
    home = folder / store
    home.mkdir()
    async with rig.running(store, home, seed) as running:
        # The first load opens connections and fills caches; its resources are the baseline.
        await trial.run(running, CONTROL, seed)
        for fault in runnable:
            try:
                result = await trial.run(running, fault, seed)
            except trial.FAILURES as error:
                result = trial.failed(fault, store, seed, error)
            results.append(result)
            sys.stdout.write(f"{report.describe(result)}\n")
            sys.stdout.flush()
            # Without verdicts the product is down, and so is every later fault on this database.
            if not result.verdicts:
                break
    return results


def _not_run_here(faults: list[Fault], stores: tuple[str, ...]) -> list[NotRun]:
    return [
        NotRun(f"{fault.identifier} on {store}", fault.title, reason)
        for fault in faults
        for store in stores
        if store in fault.stores and (reason := fault.reason_not_to_run(store)) is not None
    ]


if __name__ == "__main__":
    sys.exit(main())
