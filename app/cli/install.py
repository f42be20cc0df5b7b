from flask import Flask

from app.cli.restored import restored_command
from app.cli.serve import serve_command
from app.cli.settings import settings_command
from app.cli.setup import setup_command
from app.cli.worker import worker_command


def install(app: Flask) -> None:
    for command in (
        setup_command,
        serve_command,
        worker_command,
        settings_command,
        restored_command,
    ):
        app.cli.add_command(command)
