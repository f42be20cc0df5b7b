"""The settings that the demo starts with: its own, and a few of whoever starts it."""

import os
from pathlib import Path

import pytest

from examples.demo import configuration

CERTIFICATES = {
    "SECURE_ACCESS_CLIENT_CERTIFICATE_HEADER": "ClientCert",
    "SECURE_ACCESS_CLIENT_CERTIFICATE_ORIGIN": "https://mtls.localhost",
    "SECURE_ACCESS_CLIENT_CERTIFICATE_AUTHORITIES": "authorities.pem",
}


def test_demo_takes_the_certificate_header_and_no_other_setting_of_the_shell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(configuration, "SETTINGS", tmp_path / "demo.env")
    shell = {"PATH": "/bin", "SECURE_ACCESS_DATABASE_URL": "sqlite://", **CERTIFICATES}
    monkeypatch.setattr(os, "environ", shell)
    configuration.use_settings()
    assert os.environ == {"PATH": "/bin", **CERTIFICATES}
