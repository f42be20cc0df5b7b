"""Terms of use: operators see who accepted what, a person what they accepted."""

from datetime import datetime

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.clock import now
from app.typed_text import collapse_spaces
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.pagination import requested_page
from approvals.operators.access import operator
from approvals.terms import lists, markdown, queries
from approvals.terms.due import owner, title
from approvals.terms.models import TermsVersion
from identity.sessions.access import signed_in_before_terms
from identity.sessions.current_session import signed_in_session

pages = Blueprint("terms", __name__)

LONGEST_SEARCH = 100


@pages.get("/ops/terms")
@permit(operator)
def versions() -> ResponseReturnValue:
    """Show the published versions to operators."""
    return render_template(
        "terms/versions.html",
        published=lists.published_versions(),
        owner=owner,
        at=now(),
    )


@pages.get("/ops/terms/<version>")
@permit(operator)
def version(version: str) -> ResponseReturnValue:
    """Show the people who accepted a version, or have yet to; record the look-up."""
    found = _version(version)
    shown: lists.Shown = "waiting" if request.args.get("show") == "waiting" else "accepted"
    search = (collapse_spaces(request.args.get("q")) or "")[:LONGEST_SEARCH]
    page = lists.read_people(found, shown, search, page=requested_page())
    return render_template(
        "terms/version.html",
        version=found,
        title=title(found, now()),
        owner=owner(found.service, now()),
        shown=shown,
        search=search,
        page=page,
    )


@pages.get("/ops/terms/<version>/text")
@permit(operator)
def text(version: str) -> ResponseReturnValue:
    """Show the text of a version to operators."""
    return _text_page(_version(version), None)


@pages.get("/account/terms")
@permit(signed_in_before_terms)
def mine() -> ResponseReturnValue:
    """Show the versions that the person has accepted."""
    return render_template(
        "terms/mine.html",
        accepted=queries.accepted_by(signed_in_session().account_id),
        title=title,
        owner=owner,
        at=now(),
    )


@pages.get("/account/terms/<version>")
@permit(signed_in_before_terms)
def my_version(version: str) -> ResponseReturnValue:
    """Show the text as its reader accepted it."""
    acceptance = queries.acceptance_of(signed_in_session().account_id, version)
    if acceptance is None:
        raise NotFound("terms that this person did not accept")
    return _text_page(acceptance.version, acceptance.accepted_at)


def _text_page(version: TermsVersion, accepted_at: datetime | None) -> str:
    return render_template(
        "terms/text.html",
        version=version,
        title=title(version, now()),
        owner=owner(version.service, now()),
        html=markdown.html(version.text),
        accepted_at=accepted_at,
    )


def _version(public_id: str) -> TermsVersion:
    found = lists.version(public_id)
    if found is None:
        raise NotFound("no such version of terms")
    return found
