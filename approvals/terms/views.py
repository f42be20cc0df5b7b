"""Terms of use: operators see who accepted what, a person what they accepted."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from app.audit import record
from app.clock import now
from app.database import writing
from app.typed_text import collapse_spaces
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.pagination import requested_page
from approvals.operators.access import operator
from approvals.terms import lists, markdown, queries
from approvals.terms.due import owner, title
from approvals.terms.models import TermsVersion
from identity.sessions import current
from identity.sessions.access import signed_in_before_terms

pages = Blueprint("terms", __name__)

LONGEST_SEARCH = 100


@pages.get("/ops/terms")
@permit(operator)
def versions() -> ResponseReturnValue:
    """Show the published versions to operators."""
    return render_template(
        "terms/versions.html",
        published=lists.published_versions(),
        title=title,
        owner=owner,
        at=now(),
    )


@pages.get("/ops/terms/<version>")
@permit(operator)
def version(version: str) -> ResponseReturnValue:
    """Show the people who accepted a version, or have yet to.

    Looking is written down, as it names people.
    """
    found = _version(version)
    shown: lists.Shown = "waiting" if request.args.get("show") == "waiting" else "accepted"
    search = (collapse_spaces(request.args.get("q")) or "")[:LONGEST_SEARCH]
    page = lists.people(found, shown, search, now(), page=requested_page())
    with writing():
        record(
            "terms.list_read",
            service=found.service,
            terms=found.public_id,
            shown=shown,
            search=search,
            rows=len(page.rows),
        )
    return render_template(
        "terms/version.html",
        version=found,
        title=title(found),
        owner=owner(found.service),
        shown=shown,
        search=search,
        page=page,
    )


@pages.get("/ops/terms/<version>/text")
@permit(operator)
def text(version: str) -> ResponseReturnValue:
    """Show the text of a version to operators."""
    found = _version(version)
    return render_template(
        "terms/text.html",
        version=found,
        title=title(found),
        owner=owner(found.service),
        html=markdown.html(found.text),
        accepted_at=None,
    )


@pages.get("/account/terms")
@permit(signed_in_before_terms)
def mine() -> ResponseReturnValue:
    """Show the versions that the person has accepted."""
    return render_template(
        "terms/mine.html", accepted=queries.accepted_by(_me()), title=title, owner=owner
    )


@pages.get("/account/terms/<version>")
@permit(signed_in_before_terms)
def my_version(version: str) -> ResponseReturnValue:
    """Show the text as its reader accepted it."""
    for acceptance, found in queries.accepted_by(_me()):
        if found.public_id == version:
            return render_template(
                "terms/text.html",
                version=found,
                title=title(found),
                owner=owner(found.service),
                html=markdown.html(found.text),
                accepted_at=acceptance.accepted_at,
            )
    raise NotFound("terms that this person did not accept")


def _version(public_id: str) -> TermsVersion:
    found = lists.version(public_id)
    if found is None:
        raise NotFound("no such version of terms")
    return found


def _me() -> int:
    session = current()
    if session is None:
        raise NotFound("nobody is signed in")
    return session.account_id
