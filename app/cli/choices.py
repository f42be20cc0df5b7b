"""Options that take one of several names which the application knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click


class ChoiceOf(click.ParamType[str]):
    """One of the names that `names` returns; a usage error lists them.

    They are read when a value is given: `click.Choice` reads its list when the command is declared,
    and would import what knows them to show any help.
    """

    def __init__(self, name: str, names: Callable[[], Iterable[str]]) -> None:
        self.name = name
        self._names = names

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        return click.Choice(tuple(self._names())).convert(value, param, ctx)
