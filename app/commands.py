"""The floor's commands."""

from app.cli.after_restore import restored_command
from app.cli.mails import mails_cli
from app.cli.metrics import metrics_command
from app.cli.serve import serve_command
from app.cli.settings import settings_command
from app.cli.setup import setup_command
from app.cli.worker import worker_command

COMMANDS = (
    setup_command,
    serve_command,
    worker_command,
    metrics_command,
    settings_command,
    restored_command,
    mails_cli,
)
