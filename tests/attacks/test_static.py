"""Attacks on the static folder: HC-11 of the catalogue."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask

from tests.attacks.pages import read
from tests.conftest import settings
from wsgi import create_app


@pytest.fixture
def site() -> Flask:
    """No storage is touched."""
    return create_app(settings("sqlite://"))


@pytest.mark.parametrize(
    "name",
    [
        "../wsgi.py",
        "..%2fwsgi.py",
        "%2e%2e/wsgi.py",
        "..%5cwsgi.py",
        "....//wsgi.py",
        "vendor/../../wsgi.py",
        "%2fetc%2fpasswd",
        "CON",
        "con.css",
        "NUL",
        "COM1",
        "x" * 5000,
        "%ff%fe",
        "",
        ".",
        "vendor",
        "vendor/",
        ".git/config",
    ],
)
def test_HC_11_files_outside_the_static_folder_are_not_served(site: Flask, name: str) -> None:
    answer = site.test_client().get(f"/static/{name}", follow_redirects=True)
    assert read(answer).status_code == 404


@pytest.mark.parametrize("name", ["secure-access.css%00", "%00"])
def test_HC_11_file_name_with_nul_is_not_found(site: Flask, name: str) -> None:
    assert read(site.test_client().get(f"/static/{name}")).status_code == 400


def test_HC_11_symbolic_link_out_of_the_static_folder_is_not_served(
    site: Flask, tmp_path: Path
) -> None:
    folder, secret = tmp_path / "static", tmp_path / "secret.css"
    folder.mkdir()
    secret.write_text("secret")
    (folder / "own.css").write_text("own")
    (folder / "same.css").symlink_to(folder / "own.css")
    (folder / "out.css").symlink_to(secret)
    (folder / "up").symlink_to(tmp_path)
    site.static_folder = str(folder)
    client = site.test_client()
    found = {
        name: read(client.get(f"/static/{name}")).status_code
        for name in ("own.css", "same.css", "out.css", "up/secret.css")
    }
    assert found == {"own.css": 200, "same.css": 200, "out.css": 404, "up/secret.css": 404}
