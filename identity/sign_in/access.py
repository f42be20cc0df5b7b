"""Who may open the pages of the second step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, redirect, request, url_for

from app.web.authorisation import Allowed, Refused
from identity.credentials.password import PASSWORD
from identity.sign_in.journeys import find
from identity.sign_in.models import SignInJourney


def half_signed_in(_arguments: Mapping[str, Any]) -> Allowed | Refused:
    """A browser in whose journey the password was right and the second step is still to come."""
    journey = find(request.args.get("journey"))
    if journey is None or journey.finished_at is not None or PASSWORD.name not in journey.proved:
        return Refused("sign-in", answer=lambda: redirect(url_for("sign_in.start"), code=303))
    g.sign_in_journey = journey
    return Allowed()


def half_signed_in_journey() -> SignInJourney:
    """The journey that `half_signed_in` let pass."""
    journey: SignInJourney = g.sign_in_journey
    return journey
