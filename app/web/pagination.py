"""Lists in pages, asked for by GET so that they can be bookmarked and shared."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from flask import request, url_for
from sqlalchemy import Select, func, select

from app.database import db

Row = TypeVar("Row")
PER_PAGE = 25


@dataclass(frozen=True)
class Page(Generic[Row]):
    """One page of a list. `number` counts from 1."""

    rows: Sequence[Row]
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

    def govuk_pagination(self) -> dict[str, Any]:
        """Return parameters of the GOV.UK pagination component.

        The other filters stay in the address.
        """
        numbers = sorted(
            {1, self.pages, *range(self.number - 1, self.number + 2)}
            & set(range(1, self.pages + 1))
        )
        items: list[dict[str, Any]] = []
        for before, number in zip([0, *numbers], numbers, strict=False):
            if number - before > 1:
                items.append({"ellipsis": True})
            items.append(
                {"number": number, "href": _address(number), "current": number == self.number}
            )
        component: dict[str, Any] = {"items": items}
        if self.number > 1:
            component["previous"] = {"href": _address(self.number - 1)}
        if self.number < self.pages:
            component["next"] = {"href": _address(self.number + 1)}
        return component


def requested_page() -> int:
    """Return the page number of the request; 1 if it is none."""
    text = request.args.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 8 else 1


def paginate(
    statement: Select[*tuple[Any, ...]],
    *,
    page: int,
    per_page: int = PER_PAGE,
    scalars: bool = True,
) -> Page[Any]:
    """Run an ordered statement and return one page of it, page 1 for a number beyond the last.

    Flask-SQLAlchemy's `db.paginate` returns one column only and no page for such a number.
    """
    total = (
        db.session.scalar(select(func.count()).select_from(statement.order_by(None).subquery()))
        or 0
    )
    number = page if (page - 1) * per_page < total else 1
    limited = statement.limit(per_page).offset((number - 1) * per_page)
    rows = db.session.scalars(limited).all() if scalars else db.session.execute(limited).all()
    return Page(rows, number, per_page, total)


def _address(number: int) -> str:
    arguments = {**(request.view_args or {}), **request.args.to_dict(flat=False), "page": number}
    return url_for(request.endpoint or "", **arguments)
