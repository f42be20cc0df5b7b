"""Remits for programs: `GET /api/remit`, `GET /api/remits/{kind}/{key}` (decisions.md, "Tokens").

The body: `{"kind", "key", "as_of", "count", "version", "schools": [{"urn", "name", "basis"}],
"next"}`, schools by URN. `next` is the address of the following page, or null. The version is the
ETag: `If-None-Match` is answered with 304 as long as the list is the same.
"""

from flask import Blueprint, jsonify, make_response, request
from werkzeug import Response

from app.clock import now
from app.settings import settings
from app.web import permit
from app.web.errors import BadRequest, Forbidden, NotFound
from approvals import access_model
from approvals.organisations import queries
from approvals.remits.reach import is_of_service
from approvals.remits.remit import NoRemit, Remit, remit_of, remit_of_key
from identity.oidc.access import bearer, token

PAGE = 1_000
LARGEST_PAGE = 5_000

blueprint = Blueprint("remits", __name__)


@blueprint.get("/api/remit")
@permit(bearer(scope="access", kind="person"))
def own_remit() -> Response:
    """The schools of the person of the token, in the token's service and organisation."""
    verified = token()
    organisation = queries.by_public_id(verified.organisation or "")
    if verified.service is None or organisation is None:
        raise Forbidden("a token without a service or an organisation")
    decision = access_model.decide(verified.account, verified.service, organisation, now())
    if not decision.allowed or decision.remit is None:
        raise Forbidden("the person may not enter the service any more")
    try:
        remit = remit_of(organisation, decision.remit.scope, now())
    except NoRemit as error:
        raise Forbidden(str(error)) from None
    return _answer(remit)


@blueprint.get("/api/remits/<kind>", defaults={"key": None})
@blueprint.get("/api/remits/<kind>/<key>")
@permit(bearer(scope="remits:read", kind="service"))
def remit_by_key(kind: str, key: str | None) -> Response:
    """A remit named in a token, to the service for whose people it is."""
    remit = remit_of_key(kind, key, now())
    service = token().service
    if remit is None or service is None or not is_of_service(remit, service, now()):
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
        response = jsonify(
            {
                "kind": remit.kind,
                "key": remit.key,
                "as_of": remit.on.isoformat(),
                "count": remit.count,
                "version": version,
                "schools": [
                    {"urn": school.urn, "name": school.name, "basis": school.basis}
                    for school in schools[:limit]
                ],
                "next": _address(following, limit) if following else None,
            }
        )
    response.set_etag(version)
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Authorization"
    return response


def _limit() -> int:
    text = request.args.get("limit", str(PAGE))
    if not (text.isascii() and text.isdigit()) or not 1 <= int(text) <= LARGEST_PAGE:
        raise BadRequest("limit", description=f"limit is a number from 1 to {LARGEST_PAGE}")
    return int(text)


def _address(after: str, limit: int) -> str:
    """The next page's address, from the issuer alone: proxies may call us by other names."""
    return f"{settings().issuer.rstrip('/')}{request.path}?after={after}&limit={limit}"
