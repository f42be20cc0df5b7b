"""A sign-in, or a confirmation, by one factor that shows two kinds of evidence."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_

from app.actors import ANONYMOUS
from app.audit import record
from app.database import writing
from identity.access_termination import lock_access
from identity.accounts.models import Account
from identity.credentials import other_providers
from identity.credentials.factor import Factor, ProofAccepted, ProofRejected, WholeSignIn
from identity.sessions.actions import StartedSession
from identity.sessions.browser import Browser
from identity.sign_in import journeys, proofs
from identity.sign_in.actions import JourneyOver
from identity.sign_in.journeys import SIGN_INS
from identity.sign_in.models import JourneyKind, JourneySnapshot, SignInJourney
from identity.sign_in.session_actions import begin_session, renew_session

FIRST_PAGE = "whole sign-in"
"""Page of the sentences about rejected proofs: the first page of the journey."""


@dataclass(frozen=True)
class OpenForm:
    """The form of a factor on the first page of a journey, ready to be answered.

    account_id: the person who confirms who they are; None on a sign-in.
    """

    factor: Factor
    page: WholeSignIn
    account_id: int | None
    challenge: str | None


def open_form(journey: JourneySnapshot, factor: Factor, page: WholeSignIn) -> OpenForm | None:
    """Return the form, or None where this journey does not offer it.

    A confirmation offers it to people who have the factor.
    """
    confirms = journey.kind == JourneyKind.CONFIRM
    account_id = journey.account_id if confirms else None
    if account_id is not None and not factor.enrolled(account_id):
        return None
    challenge = proofs.open_challenge(proofs.stored_challenge(journey), factor, account_id)
    if factor.has_challenge and challenge is None:
        return None
    return OpenForm(factor, page, account_id, challenge)


def prove_whole_sign_in(
    journey: JourneySnapshot, factor: Factor, page: WholeSignIn, answer: str, browser: Browser
) -> StartedSession | ProofRejected:
    """Prove the factor; the session begins, or is renewed, in the transaction.

    The answer names its person. Every rejected answer gets the same sentence, which is stored with
    the journey for its first page. Raises JourneyOver.
    """
    owner = factor.account_of(answer)
    with writing():
        account = lock_access(owner) if owner is not None else None
        challenge = proofs.use_challenge(proofs.stored_challenge(journey), factor)
        proof = factor.prove(account.id if account else None, answer, challenge)
        if account is None or isinstance(proof, ProofRejected):
            return _reject(journey, factor, page, account, "not right", browser)
        if not account.active:
            return _reject(journey, factor, page, account, "suspended or not joined", browser)
        if (
            journey.kind == JourneyKind.SIGN_IN
            and not journey.own_factors
            and elsewhere_only(account)
        ):
            return _reject(journey, factor, page, account, "signs in elsewhere", browser)
        if not proof.evidence.is_whole:
            return _reject(journey, factor, page, account, "not enough alone", browser)
        if journey.kind == JourneyKind.CONFIRM:
            if account.id != journey.account_id:
                return _reject(journey, factor, page, account, "another person's", browser)
            return _confirm(journey, account, proof, browser)
        return _sign_in(journey, account, proof, browser)


def elsewhere_only(account: Account) -> bool:
    """Return whether the person's organisation forbids factors of their account here."""
    provider = other_providers.provider_of_address(account.email)
    return provider is not None and provider.only


def _reject(
    journey: JourneySnapshot,
    factor: Factor,
    page: WholeSignIn,
    account: Account | None,
    reason: str,
    browser: Browser,
) -> ProofRejected:
    record(
        "sign_in.factor_refused",
        actor=ANONYMOUS,
        subject=account.subject if account else None,
        factor=factor.name,
        reason=reason,
        network=browser.network,
    )
    journeys.keep_mistake(journey.id, FIRST_PAGE, page.refusal.sentence)
    return ProofRejected(page.refusal)


def _sign_in(
    journey: JourneySnapshot, account: Account, proof: ProofAccepted, browser: Browser
) -> StartedSession:
    if not _finish(journey, account):
        # The journey belongs to another person, or has ended: its purpose continues in a new one,
        # which begins with nothing proved.
        another = journeys.begin_again(journey, browser)
        if not _finish(another, account):
            raise JourneyOver
    started = begin_session(
        account, [proof.evidence], journey.services, browser, second_step=proof.factor.name
    )
    proof.factor.signed_in(account)
    return started


def _confirm(
    journey: JourneySnapshot, account: Account, proof: ProofAccepted, browser: Browser
) -> StartedSession:
    if not _finish(journey, account):
        raise JourneyOver
    started = renew_session(journey.confirms_session_id, account, [proof.evidence], browser)
    if started is None:
        raise JourneyOver
    proof.factor.signed_in(account)
    return started


def _finish(journey: JourneySnapshot, account: Account) -> bool:
    return SIGN_INS.finish(
        journey.id,
        or_(SignInJourney.account_id.is_(None), SignInJourney.account_id == account.id),
        account_id=account.id,
    )
