"""Where the programs are that the tests start. Standard library only: install.py runs first."""

import os
import re
import shutil
from pathlib import Path

PACKAGES = {
    "PostgreSQL": "postgresql",
    "Redis": "redis-server",
    "Chromium": "chromium",
    "Apache": "libapache2-mod-auth-openidc",
}
"""Each program that the tests start and the Debian package that brings it."""


APACHE_MODULES = Path("/usr/lib/apache2/modules")


class MissingProgramError(RuntimeError):
    """A program that the tests start is not on this machine."""

    def __init__(self, program: str) -> None:
        super().__init__(
            f"{program} is not installed. On Debian: apt-get install {PACKAGES[program]}; "
            "`make test` does so when it may."
        )


def postgresql() -> Path:
    """The folder that holds `initdb` and `postgres`, the newest version first.

    Debian keeps them off PATH, in a folder for each version.
    """
    versions = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda path: [int(number) for number in re.findall(r"\d+", path.parts[-3])],
        reverse=True,
    )
    on_path = shutil.which("initdb")
    for initdb in [*versions, *([Path(on_path).resolve()] if on_path else [])]:
        if os.access(initdb, os.X_OK) and (initdb.parent / "postgres").exists():
            return initdb.parent
    raise MissingProgramError("PostgreSQL")


def redis() -> Path:
    """The Redis server."""
    return _on_path("Redis", "redis-server", "valkey-server")


def chromium() -> Path:
    """The browser: CHROMIUM where it is set, else the machine's."""
    if named := os.environ.get("CHROMIUM"):
        return Path(named)
    return _on_path("Chromium", "chromium", "chromium-browser")


def apache() -> Path:
    """Apache's server, where it has the module mod_auth_openidc, which brings it along."""
    if not (APACHE_MODULES / "mod_auth_openidc.so").exists():
        raise MissingProgramError("Apache")
    return _on_path("Apache", "apache2", "/usr/sbin/apache2")


def missing() -> list[str]:
    """The programs among PACKAGES that this machine lacks."""
    absent = []
    finders = {"PostgreSQL": postgresql, "Redis": redis, "Chromium": chromium, "Apache": apache}
    for program, find in finders.items():
        try:
            find()
        except MissingProgramError:
            absent.append(program)
    return absent


def tied_to_parent(signal: str) -> list[str]:
    """A prefix for a command that ends it with `signal` when its parent dies, however it dies.

    Without util-linux there is none, and a killed test run leaves its servers behind.
    """
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", signal, "--"] if setpriv else []


def _on_path(program: str, *names: str) -> Path:
    for name in names:
        # Debian's /usr/sbin is not on everybody's PATH.
        found = shutil.which(name) or shutil.which(name, path="/usr/bin:/usr/sbin")
        if found:
            return Path(found)
    raise MissingProgramError(program)
