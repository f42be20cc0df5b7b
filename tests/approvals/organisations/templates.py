"""Databases with the made-up county in them, to be copied for each test that only reads it.

A module or folder that imports these fixtures gets such a database in the place of an empty one.
"""

import shutil
from pathlib import Path

import pytest

from app.database import db
from approvals.organisations.importing import import_file, in_order
from approvals.organisations.synthetic.county import SNAPSHOTS
from tests.conftest import settings
from tests.servers.postgresql import PostgreSQL
from wsgi import create_app


def _fill(database_url: str, files: list[Path]) -> None:
    app = create_app(settings(database_url))
    with app.app_context():
        for path in in_order(files, SNAPSHOTS[-1]):
            import_file(path, as_of=SNAPSHOTS[-1])
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(scope="session")
def sqlite_template(
    sqlite_template: Path, county_files: list[Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    path = tmp_path_factory.mktemp("county_template") / "secure-access.sqlite3"
    shutil.copy(sqlite_template, path)
    _fill(f"sqlite:///{path}", county_files)
    return path


@pytest.fixture(scope="session")
def postgresql_template(
    postgresql_server: PostgreSQL, postgresql_template: str, county_files: list[Path]
) -> str:
    url = postgresql_server.create_database(template=postgresql_template)
    _fill(url, county_files)
    return url
