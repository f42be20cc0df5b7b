"""Start-up conditions of the service: HC-12 and HC-14 of the catalogue."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib

import pytest
from flask.testing import FlaskClient
from packaging.requirements import Requirement
from packaging.version import Version

from approvals.settings import Settings
from tests.identity.oidc.served import PROGRAM
from wsgi import ROOT

FLOORS = {"flask": "3.1.3", "werkzeug": "3.1.9", "authlib": "1.7.1", "joserfc": "1.6.1"}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SECURE_ACCESS_DEBUG", "1"),
        ("SECURE_ACCESS_DEBUG", "true"),
        ("SECURE_ACCESS_SECRET_KEY", ""),
        ("SECURE_ACCESS_SECRET_KEY", "dev"),
        ("SECURE_ACCESS_SECRET_KEY", "changeme"),
        ("SECURE_ACCESS_SECRET_KEY", "a" * 64),
        ("SECURE_ACCESS_ENCRYPTION_KEYS", "A" * 43 + "="),
    ],
)
@pytest.mark.usefixtures("processes")
def test_HC_12_server_does_not_start_with_debug_or_without_secret(
    app_settings: Settings, variable: str, value: str
) -> None:
    environment = {
        **os.environ,
        "SECURE_ACCESS_DATABASE_URL": app_settings.database_url,
        "SECURE_ACCESS_ISSUER": app_settings.issuer,
        "SECURE_ACCESS_SECRET_KEY": app_settings.secret_key.get_secret_value(),
        "SECURE_ACCESS_ENCRYPTION_KEYS": app_settings.encryption_keys[0].get_secret_value(),
        variable: value,
    }
    run = subprocess.run(
        [PROGRAM, "serve"], cwd=ROOT, env=environment, check=False, capture_output=True, timeout=60
    )
    assert run.returncode != 0
    assert variable in run.stderr.decode()


@pytest.mark.parametrize("path", ["/", "/nowhere", "/console", "/sign-in"])
def test_HC_12_debugger_is_not_served(client: FlaskClient, path: str) -> None:
    plain = client.get(path)
    for query in ("__debugger__=yes&cmd=resource&f=debugger.js", "__debugger__=yes&cmd=paste&s=x"):
        answer = client.get(f"{path}?{query}")
        assert answer.status_code == plain.status_code
        assert answer.mimetype == plain.mimetype
        assert "debugger" not in answer.text.lower()


def test_HC_12_development_mode_is_off(client: FlaskClient) -> None:
    assert client.application.debug is False
    assert client.application.testing is False
    assert not client.application.config["PROPAGATE_EXCEPTIONS"]


def test_HC_14_requirements_and_locks_hold_the_lowest_safe_versions() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (asked_file,) = project["tool"]["setuptools"]["dynamic"]["dependencies"]["file"]
    lines = (ROOT / asked_file).read_text().splitlines()
    asked = [Requirement(line) for line in lines if line and not line.startswith("#")]
    locked = dict(
        re.findall(
            r"^([a-z0-9-]+)==(\S+)", (ROOT / "requirements/runtime.txt").read_text(), re.MULTILINE
        )
    )
    for name, floor in FLOORS.items():
        (requirement,) = [each for each in asked if each.name == name]
        floors = [Version(each.version) for each in requirement.specifier if each.operator == ">="]
        assert max(floors) >= Version(floor), name
        assert Version(locked[name]) >= Version(floor), name
