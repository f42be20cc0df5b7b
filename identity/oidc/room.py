"""Parts that the provider adds to an application."""

from app.after_restore import REVIVED
from app.audit import EVENTS
from app.cli.setup import SETUP_STEPS, SetupStep
from app.composition import Room
from app.health.checks import CHECKS, DETAILS, Detail
from app.metrics import GAUGES
from app.retention import PURGES, Purge
from app.serving.kept_paths import KEPT_PATHS
from app.web.direct_endpoints import PROGRAM_ENDPOINTS, ProgramEndpoints
from app.web.errors import JSON_PATHS
from app.web.forms import FORMS_FROM_ELSEWHERE
from app.web.pages import AFTER_REQUEST, PAGES, Pages
from app.worker import JOBS, Job
from identity.access_termination import CHANNELS
from identity.oidc import (
    backchannel,
    cors,
    events,
    frontchannel,
    replay_cache,
    restoring,
    token_families,
)
from identity.oidc.authorize import pushed_requests, stored_request
from identity.oidc.blueprint import blueprint
from identity.oidc.clients.links import links_for_people
from identity.oidc.dynamic_registration import tokens
from identity.oidc.keys import actions as keys
from identity.oidc.keys import store
from identity.oidc.responses import is_protocol_endpoint
from identity.sessions.frontchannel_page import FRAMES
from identity.sign_in.service_links import SERVICE_LINKS


def _make_keys() -> str:
    made = keys.ensure()
    return f"{len(made)} made" if made else "there"


ROOM = Room(
    "identity.oidc",
    EVENTS(*events.EVENTS),
    PAGES(
        Pages(
            blueprint,
            "identity.oidc.authorize.views",
            "identity.oidc.pushed",
            "identity.oidc.token.endpoint",
            "identity.oidc.userinfo",
            "identity.oidc.introspection",
            "identity.oidc.revocation",
            "identity.oidc.discovery",
            "identity.oidc.logout",
            "identity.oidc.dynamic_registration.endpoint",
        )
    ),
    AFTER_REQUEST(cors.allow),
    # Wrong secrets are counted in `client_authentication/secret_throttle.py` instead.
    PROGRAM_ENDPOINTS(ProgramEndpoints(blueprint.name, is_protocol_endpoint, cors.headers_for)),
    JSON_PATHS("/par", "/token", "/userinfo", "/introspect", "/revoke", "/register"),
    JSON_PATHS("/jwks", "/.well-known/"),
    # Posted to by pages of relying services; neither acts on the request.
    FORMS_FROM_ELSEWHERE("oidc.authorize", "oidc.end_session"),
    KEPT_PATHS("/jwks", "/.well-known/openid-configuration"),
    CHANNELS(token_families.end_grants),
    FRAMES(frontchannel.frames),
    SERVICE_LINKS(links_for_people),
    JOBS(
        Job("logout notices", backchannel.deliver, backchannel.finish),
        Job("signing keys", keys.rotate_due),
    ),
    PURGES(
        Purge("logout notices", backchannel.NOTICES.expired),
        Purge("token families", token_families.expired),
        Purge("authorization requests", stored_request.expired),
        Purge("pushed requests", pushed_requests.expired),
        Purge("registration tokens", tokens.expired),
        Purge("ids that were presented once", replay_cache.expired),
        Purge("private halves of old keys", keys.expired_private_halves),
    ),
    SETUP_STEPS(SetupStep("signing keys", _make_keys)),
    GAUGES(*backchannel.NOTICES.gauges("logout_notices"), keys.AGES),
    CHECKS(Detail("signing keys", store.readiness)),
    DETAILS(Detail("notices", backchannel.failed_recently)),
    REVIVED(*restoring.REVIVED_ROWS),
)
