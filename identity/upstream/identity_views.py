"""Pages on which a person sees the providers that they sign in at, and unlinks one."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.refusal import RefusalError
from app.web.authorisation import permit
from app.web.errors import NotFound
from app.web.forms import Form
from identity.sessions.access import signed_in
from identity.sessions.current_session import signed_in_session
from identity.sessions.step_up import freshly_signed_in
from identity.upstream import identities
from identity.upstream.blueprint import blueprint
from identity.upstream.identities import LinkedProvider

_NOT_LINKED = "no identity of this connection is linked to this person"


@blueprint.get("/account/organisation-sign-ins")
@permit(signed_in)
def linked_providers() -> ResponseReturnValue:
    """Show the providers at which the person signs in."""
    return render_template(
        "upstream/linked_providers.html",
        providers=identities.linked_providers(signed_in_session().account_id),
    )


@blueprint.get("/account/organisation-sign-ins/<connection>/unlink")
@permit(freshly_signed_in)
def unlinking(connection: str) -> ResponseReturnValue:
    """Ask before the person can no longer sign in there."""
    return _page(_provider(connection))


@blueprint.post("/account/organisation-sign-ins/<connection>/unlink")
@permit(freshly_signed_in)
def unlink(connection: str) -> ResponseReturnValue:
    """Unlink the provider from the account."""
    provider = _provider(connection)
    try:
        unlinked = identities.unlink(connection, signed_in_session())
    except RefusalError:
        return _page(provider)
    if not unlinked:
        raise NotFound(_NOT_LINKED)
    flash(f"{provider.name} is unlinked. You no longer sign in with it.", "success")
    return redirect(url_for(".linked_providers"), code=303)


def _provider(public_id: str) -> LinkedProvider:
    found = identities.linked_provider(signed_in_session().account_id, public_id)
    if found is None:
        raise NotFound(_NOT_LINKED)
    return found


def _page(provider: LinkedProvider) -> ResponseReturnValue:
    refusal = identities.why_not_unlinked(signed_in_session().account, provider.public_id)
    return render_template(
        "upstream/unlink.html",
        provider=provider,
        form=Form(),
        refused=refusal.sentence if refusal is not None else None,
    )
