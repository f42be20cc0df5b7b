"""The steps of a sign-in: password, second factor, session. Gather, decide, apply."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import bindparam, select

from app.actors import ANONYMOUS
from app.audit import record
from app.clock import now
from app.database import CompiledQuery, writing
from app.refusal import Refusal, RefusalError
from identity.access_termination import lock_access
from identity.accounts.models import Account
from identity.accounts.person import is_active
from identity.credentials import other_providers, registry, reset, reset_links
from identity.credentials.factor import Evidence, Factor, ProofAccepted, ProofRejected
from identity.credentials.password import PASSWORD, WRONG, lock_unchanged
from identity.email_address import EmailAddress
from identity.sessions import remembered_devices
from identity.sessions.actions import StartedSession
from identity.sessions.browser import Browser
from identity.sign_in import devices, journeys, proofs, throttle
from identity.sign_in.models import JourneyKind, JourneySnapshot
from identity.sign_in.proofs import FirstProof
from identity.sign_in.remembered_sign_in import may_remember, sign_in_on_remembered_device
from identity.sign_in.session_actions import begin_session, renew_session

CONFIRMATION = "confirmation"
"""Page that asks for the password once more."""
WRONG_PASSWORD = Refusal("wrong_password", "Your password is incorrect.")


class _AddresseeRow(Protocol):
    id: int
    subject: str
    joined_at: datetime | None
    suspended_at: datetime | None


_ADDRESSEE: CompiledQuery[_AddresseeRow] = CompiledQuery(
    select(Account.id, Account.subject, Account.joined_at, Account.suspended_at).where(
        Account.email_key == bindparam("key")
    )
)


@dataclass(frozen=True)
class MustWait:
    """Too many wrong tries: the next one counts only after this time, or not at all (`closed`)."""

    time: timedelta

    @property
    def closed(self) -> bool:
        return self.time > throttle.CLOSED / 2

    @property
    def seconds(self) -> int:
        return max(1, int(self.time.total_seconds() + 0.999))

    @property
    def minutes(self) -> int:
        return -(-self.seconds // 60)


@dataclass(frozen=True)
class Addressee:
    """Account of the address that was entered.

    Plain values: an entity would be read anew after each commit, and the time of those reads would
    reveal the account.
    """

    id: int
    subject: str
    active: bool


@dataclass(frozen=True)
class PasswordOutcome:
    """The journey on which the person goes on. refusal: why the password did not count.

    A Refusal is stored with the journey for its page. started: the session that began at once, on
    a remembered device.
    """

    journey: JourneySnapshot
    refusal: MustWait | Refusal | None = None
    started: StartedSession | None = None


class JourneyOver(Exception):
    """The journey is finished, or its person was suspended or signed out everywhere meanwhile."""


def prove_password(
    journey: JourneySnapshot, email: str, password: str, browser: Browser
) -> PasswordOutcome:
    """Prove the first factor, on another journey where this one is over or somebody else's.

    People who are unknown, suspended or have not joined cost the same work and get the same answer.
    """
    journey = journeys.reopened(journey, browser)
    account, key = _find_addressee(email)
    attempt = throttle.password_attempt(
        key,
        browser.network,
        device=devices.known_device(account.id if account else None, browser, now()),
        reset=reset_links.used_in_browser(account.id if account else None, browser),
    )
    outcome = _first_factor(account, password, attempt, browser)
    if isinstance(outcome, MustWait):
        return PasswordOutcome(journey, outcome)
    if account is not None and isinstance(outcome, ProofAccepted):
        with writing():
            if lock_unchanged(account.id, outcome):
                throttle.refund_attempt(attempt)
                journey = _with_first_proof(journey, account.id, browser)
                started = sign_in_on_remembered_device(journey, browser)
                return PasswordOutcome(journey, started=started)
    journeys.keep_mistake(journey.id, PASSWORD.name, WRONG.sentence, email=email)
    return PasswordOutcome(journey, WRONG)


def confirm_password(journey: JourneySnapshot, password: str, browser: Browser) -> PasswordOutcome:
    """Prove the first factor of the signed-in person once more. Raises JourneyOver."""
    session = browser.session
    if session is None or session.id != journey.confirms_session_id:
        raise JourneyOver
    account = session.account
    addressee = Addressee(account.id, account.subject, account.active)
    attempt = throttle.confirmation_attempt(session.id)
    outcome = _first_factor(addressee, password, attempt, browser)
    if isinstance(outcome, MustWait):
        return PasswordOutcome(journey, outcome)
    if isinstance(outcome, ProofAccepted):
        with writing():
            if lock_unchanged(addressee.id, outcome):
                throttle.refund_attempt(attempt)
                proved = proofs.record_first_proof(journey, addressee.id, PASSWORD.name)
                if proved is None:
                    raise JourneyOver
                return PasswordOutcome(proved)
    journeys.keep_mistake(journey.id, CONFIRMATION, WRONG_PASSWORD.sentence)
    return PasswordOutcome(journey, WRONG_PASSWORD)


def prove_second_factor(
    first: FirstProof, factor: Factor, answer: str, browser: Browser, *, remember: bool = False
) -> StartedSession | ProofRejected | MustWait:
    """Prove the second factor of the first one's person; the session begins in the transaction.

    remember: the person chose to have the device remembered; it counts where that is offered.

    The reason of a rejected proof is stored with the journey for its page. Raises JourneyOver where
    the state that was proved is over.
    """
    at = now()
    device = devices.known_device(first.account_id, browser, at)
    attempt = (
        throttle.code_attempt(first.account_id, factor.name, device=device)
        if factor.guessable
        else throttle.UNCOUNTED
    )
    wait = throttle.waiting_time_of(attempt, at)
    if wait:
        return MustWait(wait)
    with writing():
        account = lock_access(first.account_id)
        if account is None:
            raise JourneyOver
        # Checked and counted in one transaction: parallel guesses wait for the account's lock.
        wait = throttle.waiting_time_of(attempt, at)
        if wait:
            return MustWait(wait)
        outcome = factor.prove(account.id, answer, proofs.use_challenge(first.challenge, factor))
        if isinstance(outcome, ProofRejected):
            _second_step_refused(account, factor, outcome, attempt, browser, at)
            guessed = outcome.counts and factor.guessable
            if guessed and device is None and throttle.count_guess(account.id, at):
                _warn_of_guesses(account, at)
            journeys.keep_mistake(first.journey_id, factor.name, outcome.refusal.sentence)
            return outcome
        throttle.refund_attempt(attempt)
        if not account.active or not proofs.finish(first):
            raise JourneyOver
        started = _complete(first, account, outcome, browser)
        if not (remember and may_remember(first)):
            return started
        return replace(started, remembered=remembered_devices.remember(account, browser, at))


def _find_addressee(email: str) -> tuple[Addressee | None, str]:
    try:
        key = EmailAddress.parse(email).key
    except RefusalError:
        # No address: the same work is done for nobody, and counted under what was typed.
        return None, email[:254]
    row = _ADDRESSEE.one(key=key)
    if row is None:
        return None, key
    active = is_active(row.joined_at, row.suspended_at)
    return Addressee(row.id, row.subject, active), key


def _first_factor(
    account: Addressee | None, password: str, attempt: throttle.Attempt, browser: Browser
) -> ProofAccepted | ProofRejected | MustWait:
    wait = throttle.admit(attempt, now())
    if wait:
        return MustWait(wait)
    outcome = PASSWORD.prove(account.id if account else None, password)
    if isinstance(outcome, ProofAccepted) and account is not None and account.active:
        return outcome
    # The hash takes time, and the next try waits from now on.
    _first_factor_refused(account, attempt, browser, now())
    return ProofRejected(WRONG)


def _with_first_proof(
    journey: JourneySnapshot, account_id: int, browser: Browser
) -> JourneySnapshot:
    """Return the journey with its first proof: another one where this belongs to somebody else."""
    proved = proofs.record_first_proof(journey, account_id, PASSWORD.name)
    if proved is not None:
        return proved
    another = journeys.begin_again(journey, browser)
    return proofs.record_first_proof(another, account_id, PASSWORD.name) or another


def _first_factor_refused(
    account: Addressee | None, attempt: throttle.Attempt, browser: Browser, at: datetime
) -> None:
    reason = "not right" if account is None or account.active else "suspended or not joined"
    with writing():
        throttle.record_failure(attempt, at)
        record(
            "sign_in.password_refused",
            actor=ANONYMOUS,
            subject=account.subject if account else None,
            reason=reason,
            network=browser.network,
        )
        _note_wait("password", account.subject if account else None, attempt, browser, at)


def _second_step_refused(
    account: Account,
    factor: Factor,
    outcome: ProofRejected,
    attempt: throttle.Attempt,
    browser: Browser,
    at: datetime,
) -> None:
    if not outcome.counts:
        return
    throttle.record_failure(attempt, at)
    record(
        "sign_in.code_refused",
        actor=ANONYMOUS,
        subject=account.subject,
        factor=factor.name,
        network=browser.network,
    )
    _note_wait("second step", account.subject, attempt, browser, at)


def _warn_of_guesses(account: Account, at: datetime) -> None:
    """Tell the owner that a person who knows their password guesses codes."""
    reset.send_disavowable(account, "credentials/codes_guessed", at=at)
    record("sign_in.guesses_announced", actor=ANONYMOUS, subject=account.subject)


def _note_wait(
    step: str, subject: str | None, attempt: throttle.Attempt, browser: Browser, at: datetime
) -> None:
    wait = MustWait(throttle.waiting_time_of(attempt, at))
    if wait.closed:
        record(
            "sign_in.factor_closed",
            actor=ANONYMOUS,
            subject=subject,
            step=step,
            network=browser.network,
        )
    elif wait.time:
        record(
            "sign_in.throttled",
            actor=ANONYMOUS,
            subject=subject,
            step=step,
            seconds=wait.seconds,
            network=browser.network,
        )


def _complete(
    first: FirstProof, account: Account, second: ProofAccepted, browser: Browser
) -> StartedSession:
    shown = [registry.factor(name).evidence for name in first.proved if name != proofs.ELSEWHERE]
    used = second.factor.name if second.factor.lasting else None
    started = start_session_of(first, account, [*shown, second.evidence], browser, second_step=used)
    second.factor.signed_in(account)
    return started


def start_session_of(
    first: FirstProof,
    account: Account,
    shown: Sequence[Evidence],
    browser: Browser,
    *,
    second_step: str | None = None,
) -> StartedSession:
    """Begin the session of a finished journey, or renew the one that it confirms.

    second_step: as of `begin_session`.

    Must run inside `writing()`, with the account locked. Raises JourneyOver where that session has
    ended, and where the sign-in at a provider does not count any more.
    """
    if first.origin is not None and not other_providers.is_accepted(first.origin):
        raise JourneyOver
    if first.kind is not JourneyKind.CONFIRM:
        return begin_session(
            account, shown, first.services, browser, first.origin, second_step=second_step
        )
    started = renew_session(first.confirms_session_id, account, shown, browser, first.origin)
    if started is None:
        raise JourneyOver
    return started
