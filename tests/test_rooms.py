"""The lists of rooms against the layers of `pyproject.toml`."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path

import pytest

from app.composition import Room

ROOT = Path(__file__).parent.parent


def _layers(floor: str) -> dict[str, int]:
    """The layer of each room of a floor, the lowest being 0."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    (layers,) = [
        each["layers"] for each in contracts["contracts"] if each.get("containers") == [floor]
    ]
    return {
        f"{floor}.{name.strip()}": number
        for number, layer in enumerate(reversed(layers))
        for name in layer.replace(":", "|").split("|")
    }


@pytest.mark.parametrize("floor", ["app", "identity", "approvals"])
def test_rooms_of_a_floor_are_composed_in_the_order_of_its_layers(floor: str) -> None:
    rooms: tuple[Room, ...] = importlib.import_module(f"{floor}.rooms").ROOMS
    layers = _layers(floor)
    order = [layers[room.name] for room in rooms]
    assert order == sorted(order)


@pytest.mark.parametrize("floor", ["app", "identity", "approvals"])
def test_each_room_that_adds_something_is_composed(floor: str) -> None:
    composed = {room.name for room in importlib.import_module(f"{floor}.rooms").ROOMS}
    stated = {
        ".".join(path.parent.relative_to(ROOT).parts) for path in (ROOT / floor).rglob("room.py")
    }
    assert stated <= composed
