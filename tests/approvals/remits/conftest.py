"""The made-up county in the database, for remits."""

from tests.approvals.organisations.conftest import county_files, county_world, load, loaded

__all__ = ["county_files", "county_world", "load", "loaded"]
