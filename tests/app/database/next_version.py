"""A newer version of the product: this one, with one migration more."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from alembic.script import ScriptDirectory

from wsgi import ROOT

REVISION = "9999"
_OWN = frozenset({"migrations", "wsgi.py"})
_MIGRATION = '''"""Additions to tables that every request reads or writes."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{newest}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("account", "session", "oidc_client", "oidc_authorization_request", "audit_event"):
        op.add_column(table, sa.Column("later", sa.Integer(), server_default="0", nullable=False))
        op.create_index(f"ix_{{table}}_later", table, ["later"])
    op.create_table(
        "later",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("session_id", sa.Integer(), sa.ForeignKey("session.id", ondelete="CASCADE")),
    )


def downgrade() -> None:
    raise NotImplementedError
'''


def make(folder: Path) -> Sequence[str]:
    """Write the newer version to the folder and return its command, `secure-access`."""
    folder.mkdir()
    for entry in ROOT.iterdir():
        if entry.name not in _OWN and not entry.name.startswith("."):
            (folder / entry.name).symlink_to(entry)
    shutil.copy(ROOT / "wsgi.py", folder)
    shutil.copytree(ROOT / "migrations", folder / "migrations")
    newest = ScriptDirectory(str(ROOT / "migrations")).get_current_head()
    migration = folder / "migrations" / "versions" / f"{REVISION}_later.py"
    migration.write_text(_MIGRATION.format(newest=newest))
    program = folder / "newer.py"
    program.write_text("from wsgi import cli\n\ncli()\n")
    return [sys.executable, str(program)]
