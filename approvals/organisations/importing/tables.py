"""The room's tables for plain statements and blocks of values."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar, cast

from sqlalchemy import Table

from approvals.organisations.models import (
    Organisation,
    OrganisationPeriod,
    RegisterFile,
    RegisterStatement,
    SchoolLink,
    TrustLink,
)

ORGANISATIONS = cast(Table, Organisation.__table__)
PERIODS = cast(Table, OrganisationPeriod.__table__)
TRUST_LINKS = cast(Table, TrustLink.__table__)
SCHOOL_LINKS = cast(Table, SchoolLink.__table__)
STATEMENTS = cast(Table, RegisterStatement.__table__)
FILES = cast(Table, RegisterFile.__table__)

Item = TypeVar("Item")


def blocks(items: Iterable[Item], size: int = 500) -> Iterator[list[Item]]:
    """Yield the items in lists of at most `size`: few enough for one statement."""
    rest = iter(items)
    while block := list(islice(rest, size)):
        yield block
