"""The made-up county as files, and its import."""

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from flask import Flask

from approvals.organisations.importing import FileReport, import_file, in_order
from approvals.organisations.synthetic import World, county, write_county

UNDATED = date(2026, 9, 1)
"""The day of files without a date in their name."""


@pytest.fixture(scope="session")
def county_world() -> World:
    return county()


@pytest.fixture(scope="session")
def county_files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_county(tmp_path_factory.mktemp("county"))


@pytest.fixture
def load(app: Flask) -> Callable[..., list[FileReport]]:
    """Imports files in the order in which they are given."""

    def import_all(paths: Sequence[Path]) -> list[FileReport]:
        return [import_file(path, as_of=UNDATED) for path in paths]

    return import_all


@pytest.fixture
def loaded(load: Callable[..., list[FileReport]], county_files: list[Path]) -> list[FileReport]:
    """The county, imported in the order of its days."""
    return load(in_order(county_files, UNDATED))
