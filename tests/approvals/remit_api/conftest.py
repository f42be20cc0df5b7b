"""The made-up county in the database, for remits."""

from tests.approvals.organisations.conftest import county_files, county_world
from tests.approvals.organisations.templates import postgresql_template, sqlite_template

__all__ = ["county_files", "county_world", "postgresql_template", "sqlite_template"]
