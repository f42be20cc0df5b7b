"""Parts that this room adds to the application."""

from __future__ import annotations

from flask import Flask

from app.audit import declare
from app.cli.setup import register_setup_step
from app.health.checks import add_detail
from app.retention import register_purge
from app.web.direct_endpoints import register_direct
from app.web.errors import register_json_paths
from app.web.forms import csrf
from app.web.pages import register_pages
from app.web.rate_limits import unlimited
from app.worker import register_job
from identity import access_termination
from identity.oidc import (
    backchannel,
    cache,
    cors,
    frontchannel,
    pushed,
    refusals,
    replay_cache,
    token_families,
)
from identity.oidc.authorize import stored_request
from identity.oidc.blueprint import blueprint
from identity.oidc.client_authentication import secret_throttle
from identity.oidc.clients import keys as client_keys
from identity.oidc.clients import public_limits
from identity.oidc.clients.links import links_for_people
from identity.oidc.dynamic_registration import tokens
from identity.oidc.events import EVENTS
from identity.oidc.keys import actions as keys
from identity.oidc.responses import is_protocol_endpoint
from identity.sessions import frontchannel_page
from identity.sign_in import service_links

PAGES = (
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
FORMS_FROM_ELSEWHERE = ("oidc.authorize", "oidc.end_session")
"""Posted to by pages of relying services, which cannot carry our token; neither acts on it."""


def install(app: Flask) -> None:
    """Add the provider to the application."""
    declare(app, EVENTS)
    cache.install(app)
    secret_throttle.install(app)
    client_keys.install(app)
    public_limits.install(app)
    refusals.install(app)
    register_pages(app, blueprint, *PAGES)
    app.after_request(cors.allow)
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{blueprint.name}.") and is_protocol_endpoint(view):
            # Programs carry no cookies, and many people stand behind one program's address: wrong
            # secrets are counted in `client_authentication/secret_throttle.py` instead.
            csrf.exempt(view)
            unlimited(app, endpoint)
            if all(not rule.arguments for rule in app.url_map.iter_rules(endpoint)):
                register_direct(app, endpoint, adding=cors.headers_for)
    register_json_paths(app, "/par", "/token", "/userinfo", "/introspect", "/revoke", "/register")
    register_json_paths(app, "/jwks", "/.well-known/")
    for endpoint in FORMS_FROM_ELSEWHERE:
        csrf.exempt(app.view_functions[endpoint])
    access_termination.register_channel(app, token_families.end_grants)
    frontchannel_page.register(app, frontchannel.frames)
    service_links.register(app, links_for_people)
    backchannel.install(app)
    register_job(app, backchannel.deliver)
    register_job(app, keys.rotate_due)
    register_purge(app, "logout notices", backchannel.NOTICES.expired)
    register_purge(app, "token families", token_families.expired)
    register_purge(app, "authorization requests", stored_request.expired)
    register_purge(app, "pushed requests", pushed.expired)
    register_purge(app, "registration tokens", tokens.expired)
    register_purge(app, "ids that were presented once", replay_cache.expired)
    register_purge(app, "private halves of old keys", keys.expired_private_halves)
    register_setup_step(app, "signing keys", _make_keys)
    add_detail(app, "notices", backchannel.failed_recently)


def _make_keys() -> str:
    made = keys.ensure()
    return f"{len(made)} made" if made else "there"
