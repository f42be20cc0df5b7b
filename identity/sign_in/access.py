"""The rule of the pages of the second step."""

from __future__ import annotations

from collections.abc import Mapping

from flask import g, redirect, request, url_for
from werkzeug import Response

from app.web.authorisation import Allowed, Refused
from identity.sessions.current_session import current
from identity.sign_in.current_journey import find_journey
from identity.sign_in.models import JourneyKind, JourneySnapshot
from identity.sign_in.proofs import FirstProof, first_proof


def half_signed_in(_arguments: Mapping[str, object]) -> Allowed | Refused:
    """Allow a browser in whose journey the first factor was proved and the second was not.

    A confirmation is also bound to the session that it confirms.
    """
    journey = find_journey(JourneyKind.SIGN_IN, JourneyKind.CONFIRM)
    proof = first_proof(journey) if journey is not None else None
    if proof is None or not _confirms_this_session(proof):
        return Refused("sign-in", answer=_back_to_the_first_page)
    g.sign_in_journey, g.sign_in_first_proof = journey, proof
    return Allowed()


def half_signed_in_journey() -> tuple[JourneySnapshot, FirstProof]:
    """Return the journey that `half_signed_in` allowed, and the proof that it was allowed on."""
    return g.sign_in_journey, g.sign_in_first_proof


def _back_to_the_first_page() -> Response:
    """Lead back to where the journey began: there its time or its end is explained."""
    journey = request.args.get("journey")
    if find_journey(JourneyKind.CONFIRM) is not None:
        return redirect(url_for("sign_in.confirm", journey=journey), code=303)
    return redirect(url_for("sign_in.start", journey=journey), code=303)


def _confirms_this_session(proof: FirstProof) -> bool:
    if proof.kind is not JourneyKind.CONFIRM:
        return True
    session = current()
    return session is not None and session.id == proof.confirms_session_id
