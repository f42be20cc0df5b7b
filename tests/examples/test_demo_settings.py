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


def test_client_certificates_can_be_tried_and_other_settings_of_the_shell_stay_outside(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(configuration, "SETTINGS", tmp_path / "demo.env")
    shell = {"PATH": "/bin", "SECURE_ACCESS_DATABASE_URL": "sqlite://", **CERTIFICATES}
    monkeypatch.setattr(os, "environ", shell)
    configuration.use_settings()
    assert os.environ == {"PATH": "/bin", **CERTIFICATES}
