"""Step-up: the rule of routes whose change needs a recent sign-in (ASVS 5.0, 7.5.1 and 7.5.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast
from urllib.parse import urlsplit

from flask import Response, current_app, redirect, request, url_for
from werkzeug.exceptions import HTTPException

from app.clock import is_within, now
from app.web.authorisation import Allowed, Refused, Rule, rule_of
from identity.sessions import kept_posts
from identity.sessions.access import own_page, signed_in_with_own_factors, wanted_page
from identity.sessions.active_session import ActiveSession
from identity.sessions.current_session import current
from identity.sessions.levels import TWO_FACTORS, reaches
from identity.settings import settings


def is_fresh(session: ActiveSession, at: datetime) -> bool:
    """Return whether the person showed both factors in the `fresh_sign_in_minutes` before `at`.

    A sign-in with one factor, on a remembered device, is never fresh.
    """
    limit = timedelta(minutes=settings().fresh_sign_in_minutes)
    return reaches(session.acr, TWO_FACTORS) and is_within(limit, session.auth_time, at)


@dataclass(frozen=True)
class FreshSignIn:
    """A rule that asks `rule` first, then for a recent sign-in where the route changes something.

    A GET opens the page. A POST with an older sign-in is kept, the person confirms who they are,
    and the GET that follows completes the POST: the person ends where it leads. Each such route
    therefore needs a GET with the same rule at the same path.

    when: the change needs a recent sign-in only where this function of the route's arguments says
    so; it is called after `rule` allowed the request. before_page: the page needs one as well,
    because it asks for a credential, which is never kept, or is itself a file to download.
    """

    rule: Rule
    when: Callable[[Mapping[str, object]], bool] | None = None
    before_page: bool = False

    def __call__(self, arguments: Mapping[str, object]) -> Allowed | Refused:
        outcome = self.rule(arguments)
        session = current()
        if isinstance(outcome, Refused) or session is None:
            return outcome
        if request.method in {"GET", "HEAD"}:
            return self._judge_page(session)
        if is_fresh(session, now()) or (self.when is not None and not self.when(arguments)):
            return outcome
        page = None if self.before_page else kept_posts.own_address()
        return Refused(
            "fresh sign-in", answer=lambda: _confirm(kept_posts.keep_post(session), cancel_to=page)
        )

    def _judge_page(self, session: ActiveSession) -> Allowed | Refused:
        if is_fresh(session, now()):
            response = kept_posts.complete_post(request.args.get(kept_posts.PARAMETER), session)
            return Allowed() if response is None else Refused("completed", answer=lambda: response)
        if self.before_page:
            address = request.full_path.rstrip("?")
            return Refused("fresh sign-in", answer=lambda: _confirm(address))
        return Allowed()


def needs_two_factors() -> Refused | None:
    """Return the refusal of a session that began with one factor, which asks for both; else None.

    For rules of pages for people to whom no remembered device is offered.
    """
    session = current()
    if session is None or reaches(session.acr, TWO_FACTORS):
        return None
    return Refused("two factors", answer=lambda: _confirm(wanted_page()))


def needs_proof_of_power(since: datetime | None) -> Refused | None:
    """Return the refusal of a session that may not use the power of an approver or operator yet.

    Both factors have to be shown, and the session's id to be of a later moment than the power: a
    copy of an older cookie gains nothing by an appointment. Confirming gives the session another id
    (OWASP Session Management Cheat Sheet, "Renew the Session ID After Any Privilege Level Change").

    since: the moment at which the person got the power; None for a person without one.
    """
    session = current()
    if session is None or since is None or session.issued_at >= since:
        return needs_two_factors()
    return Refused("older than the power", answer=lambda: _confirm(wanted_page()))


freshly_signed_in = FreshSignIn(signed_in_with_own_factors, before_page=True)
"""A person who showed both own factors a short while ago: passwords and second steps ask for it."""


def _confirm(address: str, *, cancel_to: str | None = None) -> Response:
    """Ask for the confirmation; a person who cancels is led back to where they came from.

    cancel_to: for a request that no page of ours sent, as far as its browser says.
    """
    back = _page_before() or cancel_to
    return cast(Response, redirect(url_for("sign_in.confirm", next=address, cancel=back), code=303))


def _page_before() -> str | None:
    """Return the page of ours that sent this request, or None where it would ask to confirm too."""
    before = urlsplit(request.referrer or "")
    if (before.scheme, before.netloc) != (request.scheme, request.host):
        return None
    adapter = current_app.create_url_adapter(request)
    try:
        matched = adapter.match(before.path, method="GET") if adapter is not None else None
    except HTTPException:
        return None
    if matched is None or matched[0].startswith("sign_in."):
        return None
    rule = rule_of(current_app, matched[0])
    if isinstance(rule, FreshSignIn) and rule.before_page:
        return None
    return own_page(kept_posts.without_kept(before.path, before.query))
