"""Acceptance reads the real register files; without them it fails."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def gias() -> Path:
    """The folder of real files: GIAS_DATA, else beside the checkout."""
    folder = Path(os.environ.get("GIAS_DATA") or ROOT / "../shared/data/gias").resolve()
    if not any(folder.glob("grouplinks_*.csv")):
        pytest.fail(f"The real register files are not in {folder}: set GIAS_DATA.", pytrace=False)
    return folder
