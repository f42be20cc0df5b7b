"""Proofs of a sign-in journey, and their person: written once, handed on as a value.

The first proof binds a journey to its person, and one conditional UPDATE on the state that was
proved finishes it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import bindparam, or_, select

from app.clock import now
from app.database import db, writing
from identity.credentials.factor import Factor
from identity.sessions.origin import Origin
from identity.sign_in.journeys import SIGN_INS
from identity.sign_in.models import JourneyKind, JourneySnapshot, SignInJourney

ELSEWHERE = "elsewhere"
"""Name of the first proof of a person who signed in at their organisation's provider."""
MOST_CHALLENGES = 30
"""Challenges that one journey makes; a person who has used them up begins again."""

_record_proof = SIGN_INS.advancing(
    or_(SignInJourney.account_id.is_(None), SignInJourney.account_id == bindparam("person")),
    account_id=bindparam("person"),
    proved=bindparam("factors"),
    origin=bindparam("provider"),
    mistake=None,
    mistake_page=None,
)
_finish = SIGN_INS.finishing(
    SignInJourney.kind == bindparam("purpose"), SignInJourney.account_id == bindparam("person")
)


@dataclass(frozen=True)
class StoredChallenge:
    """The challenge that a journey's row holds, and the factor that has to answer it."""

    journey_id: int
    value: str | None
    factor: str | None


@dataclass(frozen=True)
class FirstProof:
    """The first factor as a journey's row records it, read by one statement.

    The second step works on these values alone: the row is written again, and never read again.
    """

    journey_id: int
    kind: JourneyKind
    account_id: int
    proved: tuple[str, ...]
    confirms_session_id: int | None
    services: tuple[str, ...]
    challenge: StoredChallenge
    origin: Origin | None


def first_proof(journey: JourneySnapshot) -> FirstProof | None:
    """Return the proof that the journey holds, or None where no factor was proved or it is over."""
    is_open = journey.finished_at is None and journey.expires_at > now()
    if not is_open or journey.account_id is None or not journey.proved:
        return None
    return FirstProof(
        journey.id,
        JourneyKind(journey.kind),
        journey.account_id,
        tuple(journey.proved),
        journey.confirms_session_id,
        tuple(journey.services),
        stored_challenge(journey),
        Origin.from_json(journey.origin) if journey.origin is not None else None,
    )


def stored_challenge(journey: JourneySnapshot) -> StoredChallenge:
    """Return the challenge of the journey as it was loaded."""
    return StoredChallenge(journey.id, journey.challenge, journey.challenge_of)


def record_first_proof(
    journey: JourneySnapshot, account_id: int, factor: str, origin: Origin | None = None
) -> JourneySnapshot | None:
    """Bind the journey to the person who proved `factor`, and return it as it is now.

    origin: for the factor ELSEWHERE, the sign-in at the provider.

    None where the journey cannot be theirs. A journey that belongs to another person or is finished
    stays as it is. Must run inside `writing()`.
    """
    stored_origin = origin.as_json() if origin is not None else None
    if not _record_proof(journey.id, person=account_id, factors=[factor], provider=stored_origin):
        return None
    return replace(
        journey,
        account_id=account_id,
        proved=[factor],
        origin=stored_origin,
        mistake=None,
        mistake_page=None,
    )


def open_challenge(stored: StoredChallenge, factor: Factor, account_id: int | None) -> str | None:
    """Return the challenge that the factor has to answer, made and stored where none is open.

    None for a factor without one, and where the journey has made as many as it may. Two requests
    at once get the same challenge.
    """
    if not factor.has_challenge:
        return None
    if stored.factor == factor.name:
        return stored.value
    with writing():
        if SIGN_INS.advance(
            stored.journey_id,
            SignInJourney.challenge_of.is_distinct_from(factor.name),
            SignInJourney.challenges_made < MOST_CHALLENGES,
            challenge=None,
            challenge_of=factor.name,
            challenges_made=SignInJourney.challenges_made + 1,
        ):
            challenge = factor.challenge(account_id)
            SIGN_INS.advance(stored.journey_id, challenge=challenge)
            return challenge
    return db.session.scalar(
        select(SignInJourney.challenge).where(
            SignInJourney.id == stored.journey_id, SignInJourney.challenge_of == factor.name
        )
    )


def use_challenge(stored: StoredChallenge, factor: Factor) -> str | None:
    """Return the open challenge of the factor and use it up; None where another answer came first.

    Must run inside `writing()`.
    """
    if stored.factor != factor.name:
        return None
    used = SIGN_INS.advance(
        stored.journey_id,
        SignInJourney.challenge == stored.value,
        challenge=None,
        challenge_of=None,
    )
    return stored.value if used else None


def finish(proof: FirstProof) -> bool:
    """Finish the journey on the state that was proved; False where that state is over.

    Must run inside `writing()`.
    """
    return _finish(proof.journey_id, purpose=proof.kind.value, person=proof.account_id)
