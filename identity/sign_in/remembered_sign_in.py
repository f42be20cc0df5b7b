"""Signing in with the password alone, on a device that its owner chose to have remembered.

Each use replaces the device's cookie. A browser that presents a replaced one has a copy, or its
owner lost an answer: the code is asked for, the device is forgotten, and the owner is mailed.
"""

from __future__ import annotations

from dataclasses import replace

from app.clock import now
from app.database import db
from identity.accounts.models import Account
from identity.credentials import reset, reset_links
from identity.credentials.password import PASSWORD
from identity.credentials.take_back import Change, TakeBack
from identity.ports import approvals
from identity.sessions import remembered_devices
from identity.sessions.actions import StartedSession
from identity.sessions.browser import Browser
from identity.sessions.levels import ONE_FACTOR, reaches
from identity.sign_in import proofs
from identity.sign_in.models import JourneyKind, JourneySnapshot
from identity.sign_in.proofs import FirstProof
from identity.sign_in.session_actions import begin_session

COPIED = Change("copied device", {})
TAKE_BACK = TakeBack(
    COPIED.name,
    "no device signs in without a code any more",
    lambda account, _details: remembered_devices.forget_devices_of(account),
)


def may_remember(first: FirstProof) -> bool:
    """Return whether the code page offers to remember the device; approvers are not offered it."""
    return first.kind is JourneyKind.SIGN_IN and approvals().may_remember_device(first.account_id)


def sign_in_on_remembered_device(
    journey: JourneySnapshot, browser: Browser
) -> StartedSession | None:
    """Finish a sign-in whose password was proved; None where the second step has to be shown.

    That is on a device that is not remembered, for a person who became an approver or an operator
    meanwhile, and where the sign-in is a step-up. Must run inside `writing()`, after the account
    was locked.
    """
    first = proofs.first_proof(journey)
    if first is None or journey.fresh or not reaches(ONE_FACTOR, journey.minimum_acr):
        return None
    if browser.remembered_hash is None or not may_remember(first):
        return None
    account = db.session.get_one(Account, first.account_id)
    cookie = remembered_devices.use(account.id, browser, now())
    if cookie is None:
        _refuse_copy(account, browser)
        return None
    if not proofs.finish(first):
        return None
    started = begin_session(account, [PASSWORD.evidence], first.services, browser)
    return replace(started, remembered=cookie)


def _refuse_copy(account: Account, browser: Browser) -> None:
    """Forget a device whose cookie was copied; mail its owner unless an earlier mail counts."""
    at = now()
    device = remembered_devices.forget_copied(account, browser, at)
    if device is not None and not reset_links.is_announced(account, COPIED):
        reset.send_disavowable(
            account,
            "sign_in/device_copied",
            change=COPIED,
            at=at,
            device=device,
            network=browser.network.removesuffix("/32"),
        )
