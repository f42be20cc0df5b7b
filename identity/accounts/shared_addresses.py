"""Email addresses that several people share, such as `office@`: nobody could say who did what."""

from functools import lru_cache

from sqlalchemy import ColumnElement, SQLColumnExpression, and_, func

from app.refusal import Refusal
from identity.email_address import EmailAddress
from identity.settings import settings

SHARED_ADDRESS = Refusal(
    "shared_address",
    "Several people share an address like this one, so the record could not show who did what. "
    "Enter the person’s own address.",
)


def is_shared(email: EmailAddress) -> bool:
    """Return whether the part before @ is in the setting's list. A plus-tag makes no difference."""
    return email.key.rpartition("@")[0].partition("+")[0] in _names()


def is_shared_sql(key: SQLColumnExpression[str]) -> ColumnElement[bool]:
    """Return `is_shared` as a condition on a column of keys of addresses.

    The letters of the list's names are trimmed off the key, and the trimmed part is compared with
    the names. A long list costs as much as a short one.
    """
    names = sorted(_names())
    letters = "".join(sorted({*"".join(names)} - {"@", "+"}))
    rest = func.ltrim(key, letters)
    name = func.substr(key, 1, func.length(key) - func.length(rest))
    return and_(func.substr(rest, 1, 1).in_(["@", "+"]), name.in_(names))


def _names() -> frozenset[str]:
    return _split(settings().shared_addresses)


@lru_cache(maxsize=8)
def _split(text: str) -> frozenset[str]:
    return frozenset(part.strip().casefold() for part in text.split(",") if part.strip())
