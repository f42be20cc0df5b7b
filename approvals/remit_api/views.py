"""Remits for programs: `GET /api/remit`, `GET /api/remits/{kind}/{key}`.

The body: `{"kind", "key", "as_of", "count", "version", "notes", "schools": [{"urn", "name",
"basis"}], "next"}`, schools by URN. `next` is the address of the following page, or null. `notes`
are sentences for people about a list that rests on later knowledge. The version is the ETag:
`If-None-Match` is answered with 304 as long as the list is the same.

`as_of` is a date (its end in London) or a moment with an offset, never in the future; without it
the list is that of now. Whether the caller may ask is decided for now. A parameter of another name
is refused: it would change the answer in a way that the caller does not see.
"""

from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, jsonify, make_response, request
from werkzeug import Response

from app import days
from app.clock import now
from app.refusal import RefusalError
from app.settings import settings
from app.web import permit
from app.web.errors import BadRequest, Forbidden, NotFound
from approvals.remit_api import queries
from approvals.remits.remit import Remit
from approvals.remits.representation import as_json
from identity.oidc.bearer import bearer, current_token

PAGE = 1_000
LARGEST_PAGE = 5_000
PARAMETERS = ("after", "limit", "as_of")

blueprint = Blueprint("remits", __name__)


@blueprint.get("/api/remit")
@permit(bearer(scope="access", kind="person"))
def own_remit() -> Response:
    """Return the schools of the token's person, in the token's service and organisation."""
    as_of, token = _as_of(), current_token()
    try:
        remit = queries.remit_of_person(token.account, token.service, token.organisation, as_of)
    except RefusalError as error:
        raise Forbidden(str(error)) from None
    return _answer(remit)


@blueprint.get("/api/remits/<kind>", defaults={"key": None})
@blueprint.get("/api/remits/<kind>/<key>")
@permit(bearer(scope="remits:read", kind="service"))
def remit_by_key(kind: str, key: str | None) -> Response:
    """Return a remit named in a token, to the service for whose people it is."""
    remit = queries.remit_for_service(kind, key, current_token().service, _as_of())
    if remit is None:
        raise NotFound("no such remit, or not one of the service's people")
    return _answer(remit)


def _answer(remit: Remit) -> Response:
    version = remit.version
    after, limit = request.args.get("after"), _limit()
    if request.if_none_match.contains_weak(version):
        response = make_response("", 304)
    else:
        schools = remit.page(after=after, limit=limit + 1)
        following = schools[limit - 1].urn if len(schools) > limit else None
        following_page = _address(following, limit) if following else None
        response = jsonify(as_json(remit, schools[:limit]) | {"next": following_page})
    response.set_etag(version)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization"
    return response


def _as_of() -> datetime:
    """Return the moment asked about. Raises BadRequest, also for parameters that do not exist."""
    for name in request.args:
        if name not in PARAMETERS:
            raise BadRequest(
                name[:40], description=f"unknown parameter; known are {', '.join(PARAMETERS)}"
            )
        if len(request.args.getlist(name)) > 1:
            raise BadRequest(name, description=f"{name} is given twice")
    if "as_of" not in request.args:
        return now()
    try:
        return days.not_in_future(days.parse_moment(request.args["as_of"]))
    except days.NotADate as error:
        raise BadRequest("as_of", description=f"as_of: {error}") from None


def _limit() -> int:
    text = request.args.get("limit", str(PAGE))
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= LARGEST_PAGE:
        raise BadRequest("limit", description=f"limit is a number from 1 to {LARGEST_PAGE}")
    return int(text)


def _address(after: str, limit: int) -> str:
    """Return the next page's address, from the issuer alone: a proxy may use other names."""
    parameters = {"after": after, "limit": limit}
    if "as_of" in request.args:
        parameters["as_of"] = request.args["as_of"]
    return f"{settings().issuer.rstrip('/')}{request.path}?{urlencode(parameters)}"
