"""Text of a form whose session ended before it was sent: filled in again after signing in.

A draft is for the same person only, encrypted, at most 16 KB and 24 hours old, and never holds a
password, a code or a secret. It fills the form in and sends nothing.
"""

from __future__ import annotations

import json
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import Response, g, request

from app.clock import now
from app.database import writing
from app.database.single_use import rows_changed
from app.journeys import Journeys
from app.vault import decrypt, encrypt
from identity.sessions.active_session import ActiveSession
from identity.sessions.current_session import current
from identity.sessions.form_filling import fill_forms
from identity.sessions.kept_posts import KeptContent, drop_oldest, without_parameter
from identity.sessions.models import KeptPost, KeptPostKind

PARAMETER = "draft"
LIFETIME = timedelta(hours=24)
LONGEST = 16 * 1024
MOST_PER_ACCOUNT = 10
_PURPOSE = "draft"
_SECRET = ("password", "code", "secret", "token", "answer", "assertion", "credential")
_DRAFTS = Journeys(
    KeptPost,
    owner=[KeptPost.account_id],
    kind=KeptPost.kind,
    expires=KeptPost.expires_at,
)


def keep_draft(
    session: ActiveSession, page: str, *, action: str, fields: list[tuple[str, str]]
) -> str:
    """Store the fields of a form on `page`, a path of our own, and return the page's new address.

    The session may have ended. action: the path to which the form is sent. Where nothing can be
    kept the address is that of the page.
    """
    path, _, query = page.partition("?")
    address = _address(path, without_parameter(query, PARAMETER))
    kept = [[name, value] for name, value in fields if not _is_secret(name) and value]
    content: KeptContent = {"path": action, "query": "", "fields": kept}
    text = json.dumps(content)
    if not kept or len(text) > LONGEST:
        return address
    with writing():
        draft = _DRAFTS.begin(
            KeptPost(
                kind=KeptPostKind.DRAFT.value,
                session_id=session.id,
                account_id=session.account_id,
                sealed=encrypt(text, purpose=_PURPOSE),
                expires_at=now() + LIFETIME,
            )
        )
        rows_changed(
            drop_oldest(
                KeptPost.account_id == session.account_id,
                kind=KeptPostKind.DRAFT,
                most=MOST_PER_ACCOUNT,
            )
        )
    separator = "&" if "?" in address else "?"
    return f"{address}{separator}{PARAMETER}={draft.public_id}"


def keep_posted(session: ActiveSession, page: str) -> str:
    """Store the form that this request posts as a draft; see `keep_draft`."""
    return keep_draft(
        session, page, action=request.path, fields=list(request.form.items(multi=True))
    )


def present_draft() -> KeptContent | None:
    """Return the draft that the address of this page names, if it is of the signed-in person."""
    if PARAMETER not in request.args:
        return None
    if "present_draft" not in g:
        session = current()
        draft = None
        if session is not None and request.method == "GET":
            draft = _DRAFTS.find(
                request.args.get(PARAMETER), session.account_id, kinds=[KeptPostKind.DRAFT.value]
            )
        g.present_draft = (
            json.loads(decrypt(draft.sealed, purpose=_PURPOSE)) if draft is not None else None
        )
    content: KeptContent | None = g.present_draft
    return content


def fill_in(response: Response) -> Response:
    """Fill the draft into the form of the page, after the page was rendered."""
    if PARAMETER not in request.args or response.mimetype != "text/html":
        return response
    draft = present_draft()
    if draft is not None and response.status_code == 200:
        fields = [(name, value) for name, value in draft["fields"]]
        response.set_data(fill_forms(response.get_data(as_text=True), draft["path"], fields))
    return response


def path_of(address: str) -> str:
    """Return the path of an address of our own."""
    return urlsplit(address).path


def _is_secret(name: str) -> bool:
    return any(part in name.lower() for part in _SECRET)


def _address(path: str, query: str) -> str:
    pairs = urlencode(parse_qsl(query, keep_blank_values=True))
    return f"{path}?{pairs}" if pairs else path
