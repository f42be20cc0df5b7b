"""Statements whose row count decides: whatever is single-use is claimed by one of them."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CursorResult
from sqlalchemy.sql.dml import Delete, Update

from app.database import db


def rows_changed(statement: Update | Delete) -> int:
    """Run it inside `writing()`; how many rows it changed. Loaded objects are not looked at."""
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return cast(CursorResult[Any], result).rowcount
