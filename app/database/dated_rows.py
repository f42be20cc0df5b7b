"""Condition of the partial indexes over rows that have not ended (`valid_to` is empty)."""

from sqlalchemy import text

OPEN = text("valid_to IS NULL")
