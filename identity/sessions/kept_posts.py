"""Posted forms that wait while the person confirms who they are.

A form is kept for its own session and its own address, encrypted, and completed once. Forms with a
password or a code are never kept.
"""

from __future__ import annotations

import json
from datetime import timedelta
from io import BytesIO
from typing import TypedDict, cast
from urllib.parse import parse_qsl, urlencode

from flask import Response, current_app, redirect, request
from flask_wtf.csrf import generate_csrf
from sqlalchemy import ColumnElement, Delete, delete, select, update

from app.clock import now
from app.database import db, writing
from app.database.single_use import rows_changed
from app.journeys import Journeys, Phase
from app.retention import Expired
from app.vault import decrypt, encrypt
from identity.sessions.active_session import ActiveSession
from identity.sessions.models import KeptPost, KeptPostKind

PARAMETER = "kept"
CREDENTIAL_FIELDS = frozenset(
    {"password", "current_password", "code", "assertion", "credential", "client_secret"}
)
_TOKEN = "csrf_token"
LIFETIME = timedelta(minutes=30)
LONGEST = 16 * 1024
MOST_PER_SESSION = 10
_PURPOSE = "kept post"
_POSTS = Journeys(
    KeptPost,
    owner=[KeptPost.session_id],
    kind=KeptPost.kind,
    expires=KeptPost.expires_at,
    finished=KeptPost.finished_at,
)
_FORM = "application/x-www-form-urlencoded"


def keep_post(session: ActiveSession) -> str:
    """Keep the form that this request posts; the address at which `complete_post` finds it again.

    The form's CSRF token has been checked before any rule is asked. A form that may not be kept
    leads back to its page, to be filled in again.
    """
    content = _content()
    if content is None:
        return _address(request.path, request.query_string.decode("latin-1"))
    public_id = _store(session, content)
    query = without_parameter(request.query_string.decode("latin-1"), PARAMETER)
    return _address(request.path, query, **{PARAMETER: public_id})


def complete_post(public_id: str | None, session: ActiveSession) -> Response | None:
    """Post the kept form of that id now and return the response, or None if there is none.

    A form that was completed before leads to where it ended, however often its address is opened.
    The caller has checked that the session's sign-in is recent.
    """
    if public_id is None or not _is_navigation():
        return None
    kept = _find(public_id, session)
    if kept is None:
        return None
    content = _claim(kept)
    if content is None:
        return _ending(kept)
    response = _post(content)
    if response.status_code in {302, 303}:
        _store_ending(kept, response.headers["Location"])
    return response


def own_address() -> str:
    """Return the address of this request, without the kept form that it may name."""
    return without_kept(request.path, request.query_string.decode("latin-1"))


def without_kept(path: str, query: str) -> str:
    """Return a page's address, without the kept form that it may name."""
    return _address(path, without_parameter(query, PARAMETER))


def expired() -> list[Expired]:
    """Return forms of both kinds whose time is over."""
    return [_POSTS.expired()]


def _content() -> str | None:
    if request.mimetype != _FORM or CREDENTIAL_FIELDS & request.form.keys():
        return None
    fields = [pair for pair in request.form.items(multi=True) if pair[0] != _TOKEN]
    query = without_parameter(request.query_string.decode("latin-1"), PARAMETER)
    text = json.dumps({"path": request.path, "query": query, "fields": fields})
    return text if len(text) <= LONGEST else None


def _find(public_id: str, session: ActiveSession) -> KeptPost | None:
    kept = _POSTS.find(public_id, session.id, kinds=[KeptPostKind.POST.value], phase=Phase.IN_TIME)
    if kept is None or _content_of(kept)["path"] != request.path:
        return None
    return kept


class KeptContent(TypedDict):
    """A form as it was posted: its address, and its fields in order as name and value."""

    path: str
    fields: list[list[str]]
    query: str


def _claim(kept: KeptPost) -> KeptContent | None:
    content = _content_of(kept)
    with writing():
        claimed = _POSTS.finish(kept.id)
    return content if claimed else None


def _content_of(kept: KeptPost) -> KeptContent:
    content: KeptContent = json.loads(decrypt(kept.sealed, purpose=_PURPOSE))
    return content


def _ending(kept: KeptPost) -> Response | None:
    page = db.session.scalar(select(KeptPost.ended_at_page).where(KeptPost.id == kept.id))
    return None if page is None else cast(Response, redirect(page, code=303))


def _post(content: KeptContent) -> Response:
    """Send the form to the application as its browser did, with all checks of every request."""
    fields = [(name, value) for name, value in content["fields"]]
    body = urlencode([*fields, (_TOKEN, generate_csrf())]).encode()
    environ = {
        name: value
        for name, value in request.environ.items()
        if name.startswith(("HTTP_", "REMOTE_", "SERVER_", "SCRIPT_", "wsgi.", "PATH_INFO"))
    }
    environ |= {
        "REQUEST_METHOD": "POST",
        "QUERY_STRING": content["query"],
        "CONTENT_TYPE": _FORM,
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
    }
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    return cast(
        Response, current_app.response_class.from_app(current_app.wsgi_app, environ, buffered=True)
    )


def _is_navigation() -> bool:
    """Return whether a redirect or a link of our own leads here, not a prefetch or another site."""
    if request.method != "GET" or "prefetch" in request.headers.get("Sec-Purpose", ""):
        return False
    return request.headers.get("Sec-Fetch-Site", "same-origin") == "same-origin"


def _store(session: ActiveSession, content: str) -> str:
    """Store the form and drop the oldest beyond `MOST_PER_SESSION`; return its id."""
    with writing():
        kept = _POSTS.begin(
            KeptPost(
                session_id=session.id,
                sealed=encrypt(content, purpose=_PURPOSE),
                expires_at=now() + LIFETIME,
            )
        )
        rows_changed(
            drop_oldest(
                KeptPost.session_id == session.id, kind=KeptPostKind.POST, most=MOST_PER_SESSION
            )
        )
        return kept.public_id


def _store_ending(kept: KeptPost, page: str) -> None:
    with writing():
        rows_changed(
            update(KeptPost).where(KeptPost.id == kept.id).values(ended_at_page=page[:2000])
        )


def drop_oldest(owned: ColumnElement[bool], *, kind: KeptPostKind, most: int) -> Delete:
    """Return the statement that drops the oldest forms of an owner beyond `most`."""
    mine = (owned, KeptPost.kind == kind.value)
    newest = select(KeptPost.id).where(*mine).order_by(KeptPost.id.desc()).limit(most)
    return delete(KeptPost).where(*mine, KeptPost.id.not_in(newest))


def without_parameter(query: str, parameter: str) -> str:
    """Return the query of an address without a parameter."""
    pairs = parse_qsl(query, keep_blank_values=True)
    return urlencode([pair for pair in pairs if pair[0] != parameter])


def _address(path: str, query: str, **more: str) -> str:
    whole = "&".join(part for part in (query, urlencode(more)) if part)
    return f"{path}?{whole}" if whole else path
