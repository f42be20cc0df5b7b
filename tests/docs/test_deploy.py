"""The files in `deploy` against the program and its documentation."""

from __future__ import annotations

import configparser
import json
import re
from pathlib import Path

import pytest

from wsgi import COMMANDS, ROOT

DEPLOY = ROOT / "deploy"
METRICS = (ROOT / "docs" / "operators" / "metrics.md").read_text()
NAME = re.compile(r"secure_access_\w+")
ALERTS = (DEPLOY / "prometheus" / "alerts.yml").read_text()
DASHBOARD = (DEPLOY / "grafana" / "secure-access.json").read_text()
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def documented() -> set[str]:
    return set(re.findall(r"^\| `(secure_access_\w+)`", METRICS, re.MULTILINE))


def family(name: str) -> str:
    """The name in the documentation of a name in an expression."""
    return name if name in documented() else re.sub(r"_(bucket|count|sum)$", "", name)


@pytest.mark.parametrize("file", [ALERTS, DASHBOARD], ids=["alerts", "dashboard"])
def test_expressions_use_figures_that_are_documented(file: str) -> None:
    assert {family(name) for name in NAME.findall(file)} <= documented()


def test_alerts_all_have_a_line_of_advice() -> None:
    alerts = re.findall(r"- alert: (\w+)", ALERTS)
    assert len(alerts) > 5
    assert re.findall(r"^\| `(SecureAccess\w+)`", METRICS, re.MULTILINE) == alerts


def test_dashboard_shows_every_documented_figure() -> None:
    panels = json.loads(DASHBOARD)["panels"]
    shown = {
        family(name)
        for panel in panels
        for target in panel["targets"]
        for name in NAME.findall(target["expr"])
    }
    assert shown == documented()


@pytest.mark.parametrize("unit", UNITS, ids=lambda path: path.stem)
def test_unit_starts_a_command_of_the_program_and_restarts_it(unit: Path) -> None:
    read = configparser.ConfigParser(strict=False, interpolation=None)
    read.optionxform = str  # type: ignore[assignment, method-assign]  # names as they are written
    read.read(unit)
    program, command = read["Service"]["ExecStart"].split()
    assert program.endswith("/.venv/bin/secure-access")
    assert command in {each.name for each in COMMANDS}
    assert read["Service"]["Restart"] == "always"
    assert read["Unit"]["StartLimitIntervalSec"] == "0"


def test_units_are_those_of_the_processes_that_go_on_running() -> None:
    names = {unit.stem for unit in UNITS}
    assert names == {"secure-access", "secure-access-metrics", "secure-access-worker"}


def test_image_starts_a_command_of_the_program_as_a_user_of_its_own() -> None:
    lines = (DEPLOY / "container" / "Containerfile").read_text().splitlines()
    said = dict(line.split(maxsplit=1) for line in lines if line[:1].isalpha())
    assert said["ENTRYPOINT"] == '["/opt/secure-access/.venv/bin/secure-access"]'
    (command,) = json.loads(said["CMD"])
    assert command in {each.name for each in COMMANDS}
    assert said["USER"] == "10001"
