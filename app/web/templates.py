"""Helpers of every template: GOV.UK macros, dates and times as people write them, the theme."""

from datetime import date, datetime
from posixpath import dirname, relpath

from flask import Flask, request
from govuk_frontend_wtf.main import WTFormsHelpers
from jinja2 import ChoiceLoader, PackageLoader, PrefixLoader

from app.days import date_text, in_words, moment_in_words
from app.request_reference import short_reference
from app.settings import settings
from app.web import navigation
from app.web.pagination import govuk_pagination


def install(app: Flask) -> None:
    """Add the template helpers to the application."""
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    project = app.jinja_loader
    app.jinja_loader = ChoiceLoader(
        [
            *([project] if project else []),
            PrefixLoader(
                {
                    "govuk_frontend_jinja": PackageLoader("govuk_frontend_jinja"),
                    "govuk_frontend_wtf": PackageLoader("govuk_frontend_wtf"),
                }
            ),
        ]
    )
    WTFormsHelpers(app)
    app.jinja_env.filters.update(
        day=format_day,
        moment=format_moment,
        number=format_number,
        date_text=date_text,
        reference=short_reference,
        relative=relative_address,
        govuk_pagination=govuk_pagination,
        navigation_item=_navigation_item,
    )
    app.jinja_env.globals.update(frame=navigation.frame, run_by=settings().run_by)


def format_day(value: date | datetime | None) -> str:
    """Format a day: `23 November 2026`, on British clocks."""
    return "" if value is None else in_words(value)


def format_moment(value: datetime | None) -> str:
    """Format a moment: `23 November 2026 at 2:05pm`, on British clocks."""
    return "" if value is None else moment_in_words(value)


def format_number(value: int) -> str:
    """Format a number: `62,195`."""
    return f"{value:,}"


def relative_address(address: str) -> str:
    """Return an address of this site as it reads from the page at hand: `users/7` on `/o/1/users`.

    Long lists use it: half of an address of theirs is the address of the list.
    """
    return relpath(address, dirname(request.script_root + request.path))


def _navigation_item(link: navigation.Link) -> dict[str, object]:
    return {"text": link.text, "href": link.href, "active": link.active}
