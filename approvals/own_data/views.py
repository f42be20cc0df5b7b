"""Pages on which people read and download the data that is stored about them."""

from __future__ import annotations

import json
from datetime import date, datetime

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue

from app.days import in_words, moment_in_words
from app.web.authorisation import permit
from approvals.own_data import actions
from approvals.own_data.sections import WITHHELD
from identity.sessions.access import signed_in
from identity.sessions.current_session import signed_in_session
from identity.sessions.step_up import freshly_signed_in

pages = Blueprint("own_data", __name__)


@pages.get("/account/data")
@permit(signed_in)
def own_data() -> ResponseReturnValue:
    """Show in which forms the data can be had."""
    return render_template("own_data/start.html")


@pages.get("/account/data/page")
@permit(freshly_signed_in)
def page() -> ResponseReturnValue:
    """Show the data as a page."""
    data = actions.read_own_data(signed_in_session().account, "page")
    return render_template(
        "own_data/page.html",
        data=data,
        withheld=sorted(set(WITHHELD.values())),
        in_words=_in_words,
    )


def _in_words(value: object) -> str:
    if isinstance(value, datetime):
        return moment_in_words(value)
    if isinstance(value, date):
        return in_words(value)
    return "None" if value is None or value == "" else str(value)


@pages.get("/account/data/secure-access-data.json")
@permit(freshly_signed_in)
def download() -> Response:
    """Return the data as a file."""
    data = actions.read_own_data(signed_in_session().account, "json")
    text = json.dumps(actions.as_json(data), ensure_ascii=False, indent=2)
    response = Response(text, mimetype="application/json")
    response.headers["Content-Disposition"] = "attachment"
    return response
