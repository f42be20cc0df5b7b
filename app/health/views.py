"""Health endpoints for load balancers."""

from flask import Blueprint, Response, jsonify

from app.health.checks import details, failures
from app.web import anyone, permit

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
@permit(anyone)
def alive() -> Response:
    """Answer that the process runs."""
    return jsonify(status="alive")


@blueprint.get("/readyz")
@permit(anyone)
def ready() -> tuple[Response, int]:
    """Answer whether the process can work: database, schema, signing keys."""
    found = failures()
    status = "not ready" if found else "ready"
    # With the database away, each detail would wait for it again.
    known = {} if found else details()
    return jsonify(status=status, failures=found, detail=known), 503 if found else 200
