"""Step-up: the rule of routes whose change needs a recent sign-in (ASVS 5.0, 7.5.1 and 7.5.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, cast

from flask import Response, redirect, request, url_for

from app.clock import is_within
from app.web.authorisation import Allowed, Refused, Rule
from identity.sessions import kept_posts
from identity.sessions.access import signed_in
from identity.sessions.lookup import current
from identity.sessions.models import Session
from identity.settings import settings


def is_fresh(session: Session) -> bool:
    """Whether the person showed both factors within the last `fresh_sign_in_minutes`."""
    limit = timedelta(minutes=settings().fresh_sign_in_minutes)
    return is_within(limit, session.auth_time)


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
    when: Callable[[Mapping[str, Any]], bool] | None = None
    before_page: bool = False

    def __call__(self, arguments: Mapping[str, Any]) -> Allowed | Refused:
        outcome = self.rule(arguments)
        session = current()
        if isinstance(outcome, Refused) or session is None:
            return outcome
        if request.method in {"GET", "HEAD"}:
            return self._judge_page(session)
        if is_fresh(session) or (self.when is not None and not self.when(arguments)):
            return outcome
        return Refused("fresh sign-in", answer=lambda: _keep_and_confirm(session))

    def _judge_page(self, session: Session) -> Allowed | Refused:
        if is_fresh(session):
            response = kept_posts.complete(request.args.get(kept_posts.PARAMETER), session)
            return Allowed() if response is None else Refused("completed", answer=lambda: response)
        if self.before_page:
            address = request.full_path.rstrip("?")
            return Refused("fresh sign-in", answer=lambda: _confirm(address))
        return Allowed()


freshly_signed_in = FreshSignIn(signed_in, before_page=True)
"""A person who showed both factors a short while ago: passwords and second steps ask for it."""


def _keep_and_confirm(session: Session) -> Response:
    return _confirm(kept_posts.keep(session))


def _confirm(address: str) -> Response:
    return cast(Response, redirect(url_for("sign_in.confirm", next=address), code=303))
