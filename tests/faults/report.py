"""Writes the results: lines of JSON, and the table in the documentation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from tests.faults.fault import NotRun
from tests.faults.trial import Result

BEGIN = "<!-- faults: begin -->"
END = "<!-- faults: end -->"
_HEAD = (
    "| fault | store | what was done | recovered after | failed requests | longest wait "
    "| invariants |"
)


def as_json(result: Result) -> str:
    """Return the result as one line of JSON."""
    return json.dumps(
        {
            "fault": result.fault,
            "store": result.store,
            "seed": result.seed,
            "calls": result.calls,
            "acknowledged": result.acknowledged,
            "recovered_after": round(result.recovered_after, 2),
            "longest_wait": round(result.longest_wait, 2),
            "failed": result.refused,
            "seconds": round(result.seconds, 1),
            "checked": {name: verdict.checked for name, verdict in result.verdicts.items()},
            "breaches": _breaches(result),
            "notes": result.notes,
            "verdict": "passed" if result.passed else "breached",
        }
    )


def describe(result: Result) -> str:
    """Return the result in a line, with its breaches below."""
    head = (
        f"{result.fault} {result.store:10} {'held' if result.passed else 'BREACHED'}  "
        f"recovered after {result.recovered_after:.1f} s, "
        f"longest wait {result.longest_wait:.1f} s, {result.calls} requests, "
        f"failed: {_counts(result.refused)}  ({result.title}, {result.seconds:.0f} s in all)"
    )
    lines = [head]
    for name, sentences in _breaches(result).items():
        lines += [f"    {name}: {sentence}" for sentence in sentences]
    return "\n".join([*lines, *(f"    note: {note}" for note in result.notes)])


def table(results: Sequence[Result], not_run: Sequence[NotRun]) -> str:
    """Return the Markdown table of the results and of the faults that were not run."""
    lines = [_HEAD, "|" + "---|" * 7]
    lines += [
        f"| {result.fault} | {result.store} | {result.title} | {result.recovered_after:.1f} s "
        f"| {_counts(result.refused)} | {result.longest_wait:.1f} s | {_invariants(result)} |"
        for result in results
    ]
    if not_run:
        lines += ["", "Not run:", "", "| fault | what it is | reason |", "|---|---|---|"]
        lines += [f"| {each.identifier} | {each.title} | {each.reason} |" for each in not_run]
    return "\n".join(lines)


def write_table(document: Path, text: str) -> None:
    """Replace what stands between the markers of the document."""
    before, _, rest = document.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    document.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def _breaches(result: Result) -> dict[str, list[str]]:
    """Return the breaches by invariant, each sentence once with its number."""
    found = {name: verdict.breaches for name, verdict in result.verdicts.items()}
    found["fault"] = result.breaches
    return {name: _counted(sentences) for name, sentences in found.items() if sentences}


def _counted(sentences: Sequence[str]) -> list[str]:
    counts: dict[str, int] = {}
    for sentence in sentences:
        counts[sentence] = counts.get(sentence, 0) + 1
    return [f"{text} ({count} times)" if count > 1 else text for text, count in counts.items()]


def _invariants(result: Result) -> str:
    breached = list(_breaches(result))
    if breached:
        return "breached: " + ", ".join(breached)
    idle = [name for name, verdict in result.verdicts.items() if not verdict.checked]
    return "all held" + (f", {', '.join(idle)} not exercised" if idle else "")


def _counts(refused: dict[str, int]) -> str:
    return ", ".join(f"{status}: {count}" for status, count in refused.items()) or "none"
