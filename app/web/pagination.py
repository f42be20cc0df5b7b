"""Lists in pages, asked for by GET so that they can be bookmarked and shared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, TypeVarTuple

from flask import request, url_for
from sqlalchemy import Row, Select, func, select

from app.database import db

Item = TypeVar("Item")
Columns = TypeVarTuple("Columns")
PER_PAGE = 25


@dataclass(frozen=True)
class Page(Generic[Item]):
    """One page of a list. `number` counts from 1."""

    rows: Sequence[Item]
    number: int
    per_page: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        return (self.number - 1) * self.per_page + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * self.per_page, self.total)


def requested_page() -> int:
    """Return the page number of the request; 1 if it is none."""
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def govuk_pagination(page: Page[object]) -> dict[str, object]:
    """Return parameters of the GOV.UK pagination component, for a list of the present page.

    The other filters stay in the address.
    """
    numbers = sorted(
        {1, page.pages, *range(page.number - 1, page.number + 2)} & set(range(1, page.pages + 1))
    )
    items: list[dict[str, object]] = []
    for before, number in zip([0, *numbers], numbers, strict=False):
        if number - before > 1:
            items.append({"ellipsis": True})
        items.append({"number": number, "href": _address(number), "current": number == page.number})
    component: dict[str, object] = {"items": items}
    if page.number > 1:
        component["previous"] = {"href": _address(page.number - 1)}
    if page.number < page.pages:
        component["next"] = {"href": _address(page.number + 1)}
    return component


def paginate(statement: Select[Item], *, page: int, per_page: int = PER_PAGE) -> Page[Item]:
    """Run an ordered statement of one column, usually a table's, and return one page of its values.

    Return page 1 for a number beyond the last, for which `db.paginate` returns no page.
    """
    limited, number, total = _limited(statement, page, per_page)
    return Page(db.session.scalars(limited).all(), number, per_page, total)


def paginate_rows(
    statement: Select[*Columns], *, page: int, per_page: int = PER_PAGE
) -> Page[Row[*Columns]]:
    """Run an ordered statement of several columns and return one page of it, as `paginate` does."""
    limited, number, total = _limited(statement, page, per_page)
    return Page(db.session.execute(limited).all(), number, per_page, total)


def _limited(
    statement: Select[*Columns], page: int, per_page: int
) -> tuple[Select[*Columns], int, int]:
    """Return the statement for one page, the page's number and the number of all rows."""
    total = (
        db.session.scalar(select(func.count()).select_from(statement.order_by(None).subquery()))
        or 0
    )
    number = page if (page - 1) * per_page < total else 1
    return statement.limit(per_page).offset((number - 1) * per_page), number, total


def _address(number: int) -> str:
    arguments = {**(request.view_args or {}), **request.args.to_dict(flat=False), "page": number}
    return url_for(request.endpoint or "", **arguments)
