"""Findings of a run, as tables."""

from collections.abc import Sequence

from rich.table import Table

from bench.figures import Ratio, significant
from bench.results import Results
from bench.terminal import console


def show(found: Results) -> None:
    """Print the findings."""
    _show_machine(found)
    if found.works:
        _show_commands(found)
    if found.figures:
        _show_limits(found)
        _show_endpoints(found)
        _show_servers(found)
    if found.ratios:
        _show_ratios("Beside npm's oidc-provider, per CPU-second", "There", found.ratios)
        _show_ratios("A client with a service beside one without", "Without", found.service_ratios)
    if found.curves:
        _show_memory(found)
    if found.bars:
        _show_bars(found)


def _show_machine(found: Results) -> None:
    table = Table.grid(padding=(0, 2))
    for name, value in found.machine.items():
        table.add_row(name, value)
    console.print(table)


def _show_commands(found: Results) -> None:
    table = _table("Commands", "Database", "What", "Seconds", "CPU seconds", "Peak MiB")
    for work in found.works:
        took = work.run
        table.add_row(
            work.store,
            work.what,
            f"{took.seconds:.1f}",
            f"{took.cpu_seconds:.1f}",
            f"{took.peak_mib:.0f}",
        )
    console.print(table)


def _show_limits(found: Results) -> None:
    table = _table("Limits", "What", "Per CPU-second")
    for name, rate in found.limits.items():
        table.add_row(name, significant(rate))
    table.add_row("empty application, same server", significant(found.empty))
    console.print(table)


def _show_endpoints(found: Results) -> None:
    for store in found.people:
        table = _table(
            f"{store}, per CPU-second, medians of {found.rounds} rounds",
            "What",
            "Client",
            "Rate",
            "Server alone",
            "Of empty",
            "±",
        )
        for row, figure in found.figures.items():
            if row.store == store:
                table.add_row(
                    row.endpoint,
                    row.client or "–",
                    significant(figure.rate),
                    significant(figure.server_rate),
                    f"{figure.share:.3f}",
                    f"{figure.spread / 2:.0%}",
                )
        console.print(table)
    console.print("The rate counts the processor time of server and database together.")
    for store, share in found.sign_in_shares.items():
        console.print(f"A sign-in by the forms on {store}: {share:.2f} of the argon2id limit.")


def _show_servers(found: Results) -> None:
    table = _table(
        "Servers, one worker",
        "Database",
        "People",
        "Listens after",
        "Peak of a process",
        "Resident after the load",
    )
    for store, people in found.people.items():
        table.add_row(
            store,
            f"{people:,}",
            f"{found.ready_after[store]:.1f} s",
            f"{found.peak_mib[store]:.0f} MiB",
            f"{found.after_load_mib[store]:.0f} MiB",
        )
    console.print(table)


def _show_ratios(title: str, other: str, ratios: Sequence[Ratio]) -> None:
    table = _table(title, "What", "Here", other, "Ratio", "At least", "")
    for each in ratios:
        verdict = "[green]met[/]" if each.met else "[red]missed[/]"
        table.add_row(
            each.what,
            significant(each.ours),
            significant(each.theirs),
            f"{each.measured:.2f}",
            f"{each.least:g}",
            verdict,
        )
    console.print(table)


def _show_memory(found: Results) -> None:
    """Print some ten points of each curve."""
    table = _table("Memory under mixed load", "Database", "Minutes", "Resident")
    for store, curve in found.curves.items():
        points = list(zip(curve.minutes, curve.mib, strict=True))
        step = max(1, len(points) // 10)
        for minutes, mib in [*points[:-1:step], points[-1]]:
            table.add_row(store, f"{minutes:.0f}", f"{mib:.0f} MiB")
    console.print(table)


def _show_bars(found: Results) -> None:
    table = _table("Bars", "What", "At most", "Measured", "")
    for bar in found.bars:
        verdict = "[green]met[/]" if bar.met else "[red]missed[/]"
        table.add_row(
            bar.what, f"{bar.most:g} {bar.unit}", f"{significant(bar.measured)} {bar.unit}", verdict
        )
    console.print(table)


def _table(title: str, *columns: str) -> Table:
    """Return a table with figures to the right and names to the left."""
    names = {"Client", "What", "Database"}
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column, justify="left" if column in names else "right")
    return table
