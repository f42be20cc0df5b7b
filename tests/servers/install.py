"""Install what the tests start and pip and npm cannot bring: PostgreSQL, Redis, Chromium
and Apache with its OpenID Connect module.

On Debian, as root or with sudo that asks for no password, the missing ones are installed;
elsewhere this says exactly what is missing and fails. Run by `make test`.
"""

import os
import shutil
import subprocess
import sys

from tests.servers import binaries

FONTS = "fonts-liberation"
"""Chromium alone draws boxes instead of letters on a machine that has no fonts."""


def main() -> int:
    """Exit status 0 when everything is there in the end."""
    absent = binaries.missing()
    if not absent:
        return 0
    packages = [binaries.PACKAGES[program] for program in absent]
    if "Chromium" in absent:
        packages.append(FONTS)
    apt = ["apt-get", "install", "--yes", "--no-install-recommends", *packages]
    prefix = _privilege()
    if shutil.which("apt-get") is None or prefix is None:
        sys.stderr.write(
            f"The tests need {', '.join(absent)}, and this machine lacks "
            f"{'it' if len(absent) == 1 else 'them'}.\n"
            f"On Debian, as root: apt-get update && {' '.join(apt)}\n"
        )
        return 1
    sys.stdout.write(f"Installing {', '.join(packages)}\n")
    sys.stdout.flush()
    # Without systemd, runlevel 1 keeps the packages from starting servers of their own: the
    # tests start theirs. `env` since sudo drops variables.
    quiet = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "RUNLEVEL=1"]
    for command in (["apt-get", "update"], apt):
        run = subprocess.run(
            [*quiet, *command],
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        # A failed update is not the end: the lists may be there already.
        if run.returncode != 0 and command is apt:
            sys.stderr.write(run.stdout)
            return run.returncode
    still_absent = binaries.missing()
    if still_absent:
        sys.stderr.write(f"Installed, and yet not found: {', '.join(still_absent)}\n")
        return 1
    return 0


def _privilege() -> list[str] | None:
    """Return the words before a command that run it as root; None if none do."""
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if (
        sudo
        and subprocess.run([sudo, "-n", "true"], check=False, capture_output=True).returncode == 0
    ):
        return [sudo, "-n"]
    return None


if __name__ == "__main__":
    sys.exit(main())
