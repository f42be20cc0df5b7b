"""Apache with mod_auth_openidc, as an operator would set it before an application."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers import binaries, ports

STATIC = """
ServerName localhost
ServerRoot {folder}
PidFile {folder}/pid
DefaultRuntimeDir {folder}
ErrorLog {folder}/errors
Listen {host}:{port}
DocumentRoot {folder}/pages
<Directory {folder}/pages>
  Require all granted
</Directory>
"""
MODULES = ("mpm_event", "authn_core", "authz_core", "authz_user", "auth_openidc", "dir", "headers")


@contextmanager
def serving(port: int, configuration: str) -> Iterator[None]:
    """Serves a page at `/` and `/protected/`, with these lines of configuration besides."""
    program = binaries.apache()
    with tempfile.TemporaryDirectory(prefix="apache-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "pages" / "protected").mkdir(parents=True)
        for page in ("index.html", "protected/index.html"):
            (folder / "pages" / page).write_text("a page")
        lines = [
            STATIC.format(folder=folder, host=ports.HOST, port=port),
            *(
                f"LoadModule {module}_module {binaries.APACHE_MODULES}/mod_{module}.so"
                for module in MODULES
            ),
            # Apache serves nothing as root.
            *(["User nobody", "Group nogroup"] if os.geteuid() == 0 else []),
            "DirectoryIndex index.html",
            configuration,
        ]
        (folder / "apache.conf").write_text("\n".join(lines) + "\n")
        process = subprocess.Popen(
            [
                *binaries.tied_to_parent("TERM"),
                str(program),
                "-f",
                str(folder / "apache.conf"),
                "-D",
                "FOREGROUND",
            ],
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            ports.wait_until(
                lambda: process.poll() is not None or ports.is_open(port),
                seconds=20,
                what="Apache listens",
            )
            assert process.poll() is None, process.stderr and process.stderr.read()
            yield
        finally:
            process.terminate()
            process.communicate(timeout=20)
