"""The session that a sign-in begins, or a confirmation renews. Both are part of its transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from app.audit import record
from app.clock import now
from identity.accounts.models import Account
from identity.accounts.person import actor_of
from identity.credentials import registry, reset
from identity.credentials.factor import Evidence
from identity.sessions.actions import StartedSession, start_session
from identity.sessions.browser import Browser
from identity.sessions.current_session import is_still_active
from identity.sessions.levels import TWO_FACTORS, reaches
from identity.sessions.origin import Origin
from identity.sign_in import devices, reached_level, throttle


def begin_session(
    account: Account,
    shown: Sequence[Evidence],
    services: Sequence[str],
    browser: Browser,
    origin: Origin | None = None,
    *,
    second_step: str | None = None,
) -> StartedSession:
    """Sign the browser in as the person who showed this evidence. Must run inside `writing()`.

    origin: the provider at which the person signed in before, if any. second_step: name of the
    factor to offer first in this browser the next time; None leaves the earlier one.
    """
    first = account.last_signed_in_at is None
    at = now()
    acr = reached_level.acr(shown, origin)
    known = devices.known_device(account.id, browser, at)
    # Only a full sign-in makes a browser a known device.
    device = None
    if reaches(acr, TWO_FACTORS):
        device = devices.renew_device(account.id, browser, at, second_step=second_step)
        throttle.open_codes(account.id, registry.guessable_codes())
    started = start_session(
        account,
        browser,
        amr=reached_level.amr(shown, origin),
        acr=acr,
        known_device_id=device.id if device is not None else known,
        origin=origin,
    )
    session = started.session
    record(
        "sign_in.succeeded",
        actor=actor_of(account),
        subject=account.subject,
        sid=session.sid,
        amr=list(session.amr),
        acr=session.acr,
        services=list(services),
        network=session.network,
        new_device=known is None,
    )
    if known is None and not first:
        reset.send_disavowable(
            account,
            "credentials/new_device",
            at=session.auth_time,
            device=session.browser,
            elsewhere=origin is not None,
        )
    return started if device is None else replace(started, device_token=device.token)


def renew_session(
    confirmed: int | None,
    account: Account,
    shown: Sequence[Evidence],
    browser: Browser,
    origin: Origin | None = None,
) -> StartedSession | None:
    """Renew the session `confirmed`, whose person showed this evidence.

    None where it has ended or is not the browser's. Must run inside `writing()`.
    """
    session = browser.session
    if session is None or session.id != confirmed or not is_still_active(session.id):
        return None
    started = start_session(
        account,
        browser,
        amr=reached_level.amr(shown, origin),
        acr=reached_level.acr(shown, origin),
        known_device_id=session.known_device_id,
        origin=origin,
    )
    record("sign_in.confirmed", actor=actor_of(account), subject=account.subject, sid=session.sid)
    return started
