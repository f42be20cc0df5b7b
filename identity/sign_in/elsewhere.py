"""Signing in at an organisation's provider: a journey leaves and comes back with a first proof.

A higher room asks the provider.
"""

from __future__ import annotations

from app.database import writing
from identity.access_termination import lock_access
from identity.accounts.models import Account
from identity.sessions.actions import StartedSession
from identity.sessions.browser import Browser
from identity.sessions.levels import reaches
from identity.sessions.origin import Origin
from identity.sign_in import journeys, proofs, reached_level
from identity.sign_in.actions import JourneyOver, start_session_of
from identity.sign_in.levels import can_reach
from identity.sign_in.models import JourneyKind, JourneySnapshot


def leave(journey: JourneySnapshot, email: str, browser: Browser) -> JourneySnapshot:
    """Return the journey on which the person goes to a provider, with the address they typed.

    The password, if one was posted, is neither checked nor counted nor logged.
    """
    journey = journeys.reopened(journey, browser)
    journeys.keep_hint(journey.id, email)
    return journey


def sign_in_elsewhere(
    journey: JourneySnapshot, account: Account, origin: Origin, browser: Browser
) -> tuple[JourneySnapshot, StartedSession | None]:
    """Record a sign-in at a provider as the first proof; begin the session if that suffices.

    None for the session where a factor has to be shown here. The journey is another one where the
    given one is over or somebody else's. Raises JourneyOver where the account may not sign in, or
    the session that is confirmed has ended.
    """
    with writing():
        locked = lock_access(account.id)
        if locked is None or not locked.active:
            raise JourneyOver
        if journey.kind == JourneyKind.SIGN_IN:
            journey = journeys.reopened(journey, browser)
        proved = proofs.record_first_proof(journey, locked.id, proofs.ELSEWHERE, origin)
        if proved is None:
            if journey.kind != JourneyKind.SIGN_IN:
                raise JourneyOver
            another = journeys.begin_again(journey, browser)
            proved = proofs.record_first_proof(another, locked.id, proofs.ELSEWHERE, origin)
        journey = proved or journey
        if not _suffices(origin, locked, journey):
            return journey, None
        first = proofs.first_proof(journey)
        if first is None or not proofs.finish(first):
            raise JourneyOver
        return journey, start_session_of(first, locked, [], browser)


def _suffices(origin: Origin, account: Account, journey: JourneySnapshot) -> bool:
    """Return whether the sign-in at the provider needs no factor here.

    A level that the provider did not reach is asked for here if the person has a factor for it.
    """
    level, minimum = reached_level.acr([], origin), journey.minimum_acr
    return origin.two_factors and (reaches(level, minimum) or not can_reach(account.id, minimum))
