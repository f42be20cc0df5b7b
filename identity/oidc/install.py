"""What this room adds to the application."""

from __future__ import annotations

from flask import Flask

from app.audit import declare
from app.cli.setup import setup_step
from app.health.checks import detail
from app.purge import purger
from app.web.errors import answer_in_json
from app.web.forms import csrf
from app.web.limits import unlimited
from app.web.programs import call_directly
from app.worker import job
from identity.oidc import backchannel, cache, cors, frontchannel, grants, once, pushed, refusals
from identity.oidc.authorize import pending
from identity.oidc.blueprint import blueprint
from identity.oidc.clients import failures, public_limits
from identity.oidc.clients import keys as client_keys
from identity.oidc.clients.links import links_for_people
from identity.oidc.events import EVENTS
from identity.oidc.failed_notices import failed_recently
from identity.oidc.keys import actions as keys
from identity.oidc.machine import is_machine
from identity.oidc.registering import tokens
from identity.pages import register_pages
from identity.sessions import ending, leaving
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
    "identity.oidc.registering.endpoint",
)
FORMS_FROM_ELSEWHERE = ("oidc.authorize", "oidc.end_session")
"""Posted to by pages of relying services, which cannot carry our token; neither acts on it."""


def install(app: Flask) -> None:
    declare(app, EVENTS)
    cache.install(app)
    failures.install(app)
    client_keys.install(app)
    public_limits.install(app)
    refusals.install(app)
    register_pages(app, blueprint, *PAGES)
    app.after_request(cors.allow)
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith(f"{blueprint.name}.") and is_machine(view):
            # Programs carry no cookies, and many people stand behind one program's address: wrong
            # secrets are counted in `clients/failures.py` instead.
            csrf.exempt(view)
            unlimited(app, endpoint)
            if all(not rule.arguments for rule in app.url_map.iter_rules(endpoint)):
                call_directly(app, endpoint, adding=cors.headers_for)
    answer_in_json(app, "/par", "/token", "/userinfo", "/introspect", "/revoke", "/register")
    answer_in_json(app, "/jwks", "/.well-known/")
    for endpoint in FORMS_FROM_ELSEWHERE:
        csrf.exempt(app.view_functions[endpoint])
    ending.register(app, grants.end_grants)
    leaving.register(app, frontchannel.frames)
    service_links.register(app, links_for_people)
    backchannel.install(app)
    job(app, backchannel.deliver)
    job(app, keys.rotate_due)
    purger(app, "logout notices", backchannel.expired)
    purger(app, "token families", grants.expired)
    purger(app, "authorization requests", pending.expired)
    purger(app, "pushed requests", pushed.expired)
    purger(app, "registration tokens", tokens.expired)
    purger(app, "ids that were presented once", once.expired)
    purger(app, "private halves of old keys", keys.expired_private_halves)
    setup_step(app, "signing keys", _make_keys)
    detail(app, "notices", failed_recently)


def _make_keys() -> str:
    made = keys.ensure()
    return f"{len(made)} made" if made else "there"
