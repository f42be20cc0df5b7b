"""Puts the floor together: one line per room, in the order of dependence."""

from collections.abc import Callable

from flask import Flask

ROOMS: list[Callable[[Flask], None]] = []


def install(app: Flask) -> None:
    for room in ROOMS:
        room(app)
