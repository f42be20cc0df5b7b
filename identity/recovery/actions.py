"""Replacing a lost second step: the link, the password, the proof of the new factor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.actors import ANONYMOUS
from app.audit import record
from app.clock import now
from app.database import db, writing
from app.refusal import Refusal
from app.retention import Expired
from identity.access_termination import end_access, lock_access
from identity.accounts.models import Account
from identity.accounts.person import actor_of
from identity.credentials import registry, reset, reset_links, totp
from identity.credentials.actions import make_recovery_codes
from identity.credentials.factor import ProofAccepted, ProofRejected, SetUp
from identity.credentials.models import PasswordReset
from identity.credentials.password import PASSWORD, is_unchanged
from identity.credentials.set_up_states import SetUpStates
from identity.ports import approvals
from identity.recovery.link import decision_of, earliest_reset
from identity.recovery.models import SecondStepJourney
from identity.sessions.actions import StartedSession
from identity.sessions.browser import Browser
from identity.sessions.browser_journeys import BrowserJourneys
from identity.sessions.user_agent import describe_user_agent
from identity.sign_in import devices, throttle
from identity.sign_in.actions import WRONG_PASSWORD, MustWait
from identity.sign_in.session_actions import begin_session
from identity.sign_in.whole_sign_in import elsewhere_only

SIGN_IN_ELSEWHERE_FIRST = Refusal(
    "sign_in_elsewhere_first",
    "Sign in with your organisation’s account first. Then open the link in our email again.",
)
_LIFETIME = timedelta(minutes=30)
_JOURNEYS = BrowserJourneys(
    SecondStepJourney,
    owner=[SecondStepJourney.browser_hash],
    expires=SecondStepJourney.expires_at,
    finished=SecondStepJourney.finished_at,
)
SET_UPS = SetUpStates(SecondStepJourney, _JOURNEYS)


class LinkOver(Exception):
    """The link was used, stopped or has expired, or the password that was proved has changed."""


@dataclass(frozen=True)
class Replaced:
    """A person with a new second step: their session, and the page with their recovery codes."""

    started: StartedSession
    recovery_codes: str


def prove_password(
    link: PasswordReset,
    account: Account,
    password: str,
    browser: Browser,
    *,
    signed_in: int | None,
) -> SecondStepJourney | Refusal | MustWait:
    """Begin the set-up of a new second step for the person who opened the link.

    Guesses are counted as those of the sign-in page are. signed_in: id of the account whose session
    the browser has. Where the person's organisation forbids passwords here, only a session that
    began at its provider admits them. Raises LinkOver, TooManyRequests.
    """
    if elsewhere_only(account) and signed_in != account.id:
        return SIGN_IN_ELSEWHERE_FIRST
    attempt = throttle.password_attempt(
        account.email_key,
        browser.network,
        device=devices.known_device(account.id, browser, now()),
        reset=reset_links.used_in_browser(account.id, browser),
    )
    wait = throttle.admit(attempt, now())
    if wait:
        return MustWait(wait)
    outcome = PASSWORD.prove(account.id, password)
    if isinstance(outcome, ProofRejected):
        with writing():
            throttle.record_failure(attempt, now())
            record(
                "sign_in.password_refused",
                actor=ANONYMOUS,
                subject=account.subject,
                reason="not right",
                network=browser.network,
            )
        return WRONG_PASSWORD
    with writing():
        locked = lock_access(account.id)
        if locked is None or outcome.set_at is None or not is_unchanged(account.id, outcome):
            raise LinkOver
        throttle.refund_attempt(attempt)
        return _JOURNEYS.begin_in(
            browser,
            SecondStepJourney(
                browser_hash=browser.secret_hash,
                reset_id=link.id,
                password_set_at=outcome.set_at,
                totp_secret=totp.new_sealed_secret(),
                expires_at=now() + _LIFETIME,
            ),
            counted=False,
        )


def find(
    public_id: str | None, browser: Browser
) -> tuple[SecondStepJourney, PasswordReset, Account] | None:
    """Return the browser's open journey with its link and account, or None."""
    journey = _JOURNEYS.find(public_id, browser.secret_hash)
    link = db.session.get(PasswordReset, journey.reset_id) if journey is not None else None
    account = reset_links.holder(link) if link is not None else None
    if journey is None or link is None or account is None:
        return None
    return journey, link, account


def replace_second_step(
    journey: SecondStepJourney,
    link: PasswordReset,
    account: Account,
    set_up: SetUp,
    answer: str,
    browser: Browser,
    *,
    continue_to: str,
) -> Replaced | ProofRejected:
    """Delete every second step of the person, store the new factor, and sign them in.

    All sessions end. Nothing changes before the new factor has shown that it works. Raises
    LinkOver, and RefusalError where the credential is somebody's already.
    """
    state, set_at = SET_UPS.open(journey, set_up), journey.password_set_at
    proved = set_up.prove(state, answer)
    if isinstance(proved, ProofRejected):
        if set_up.once:
            SET_UPS.begin_again(journey.id, set_up, state)
        return proved
    with writing():
        locked = lock_access(account.id)
        earliest = earliest_reset(account.id)
        if (
            locked is None
            or not locked.active
            or (earliest is not None and earliest > now())
            or not _still_proves(locked, set_at)
            or not _JOURNEYS.finish(journey.id, SET_UPS.column(set_up) == state)
            or not reset_links.claim_link(link, browser)
        ):
            raise LinkOver
        registry.forget_second_steps(locked.id)
        end_access(locked.id, cause="second step reset")
        change = proved.store(locked.id, describe_user_agent(browser.user_agent))
        record("second_step.replaced", actor=actor_of(locked), subject=locked.subject)
        approvals().second_step_replaced(locked, decision_of(link))
        reset.send_disavowable(
            locked,
            "recovery/second_step_replaced",
            change=change,
            at=now(),
            passkey=proved.evidence.phishing_resistant,
        )
        started = begin_session(
            locked,
            [PASSWORD.evidence, proved.evidence],
            [],
            browser,
            second_step=proved.factor,
        )
        shown = make_recovery_codes(started.session, continue_to=continue_to, announce=False)
        return Replaced(started, shown)


def _still_proves(account: Account, set_at: datetime) -> bool:
    return is_unchanged(account.id, ProofAccepted(PASSWORD, PASSWORD.evidence, set_at))


def expired() -> list[Expired]:
    """Return journeys whose time is over."""
    return [_JOURNEYS.expired()]
