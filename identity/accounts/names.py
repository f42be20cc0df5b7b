"""A person's name in two parts. Either may be empty, since many people have one name only."""

from __future__ import annotations

from app.typed_text import clean_text

GIVEN_NAME = "First names"
FAMILY_NAME = "Last name"
NO_NAME = "Enter first names, a last name or both"


def clean_names(given_name: str | None, family_name: str | None) -> tuple[str, str]:
    """Return both parts tidied. Raises RefusalError where others must not read one of them."""
    return clean_text(given_name, GIVEN_NAME), clean_text(family_name, FAMILY_NAME)
