"""The keys of a client, behind its `jwks_uri`, that cannot be fetched."""

from __future__ import annotations

import asyncio
import secrets
import time

from joserfc.jwk import ECKey

from bench.http import Call as Request
from tests.faults.browser import Browser, Reply
from tests.faults.fault import Fault, Trial
from tests.faults.network import Condition
from tests.faults.stage import register_signing_client
from tests.faults.users import issued
from tests.identity.oidc.signing_party import ASSERTION_TYPE, FromNow, sign
from tests.servers import ports

WARM_UP = 24
"""Requests on new connections after which every worker has fetched the keys."""
AWAY_SECONDS = 6.0


async def lose_client_keys(trial: Trial) -> None:
    """Let the address of a client's keys hang, then refuse; one client's keys are known already.

    That one goes on with the keys that were fetched before. A client whose keys were never
    fetched is refused, and delays no other.
    """
    rig = trial.rig
    key = ECKey.generate_key("P-256")
    rig.parties.keys = [key.as_dict(private=False) | {"use": "sig", "kid": "k1"}]
    address = f"http://{ports.HOST}:{rig.party_relay.port}/keys"
    known, unknown = [
        await asyncio.to_thread(register_signing_client, rig.app, f"{address}/{name}")
        for name in ("known", "unknown")
    ]
    for _ in range(WARM_UP):
        reply = await _token(trial, known, key)
        trial.expect(reply.acknowledged, "a client with reachable keys gets no token")
    for condition in (Condition(hangs=True), Condition(refuses=True)):
        with rig.party_relay.under(condition):
            rig.party_relay.cut()
            until = time.monotonic() + AWAY_SECONDS
            while time.monotonic() < until:
                replies = await asyncio.gather(
                    _token(trial, known, key), _token(trial, unknown, key)
                )
                trial.expect(replies[0].acknowledged, "a client with known keys gets no token")
                answer = replies[1].answer
                status = answer.status if answer is not None else "no answer"
                trial.expect(status == 401, f"a client with unknown keys: {status}")
                await asyncio.sleep(0.3)
    trial.heal()


async def _token(trial: Trial, client_id: str, key: ECKey) -> Reply:
    assertion = sign(
        {
            "iss": client_id,
            "sub": client_id,
            "aud": f"http://localhost:{trial.rig.port}",
            "iat": FromNow(0),
            "exp": FromNow(60),
            "jti": secrets.token_urlsafe(16),
        },
        key,
        kid="k1",
    )
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion,
    }
    browser = Browser("signing client", trial.rig.port, trial.journal, "127.0.0.83")
    request = Request("/token", {}, form)
    reply = await browser.send("credentials", client_id, request, issued, change=True)
    browser.close()
    return reply


CLIENT_KEY_FAULTS = (
    Fault(
        "F17",
        "`jwks_uri` of a client hangs, refuses connections; 6 s each",
        lose_client_keys,
        1.0,
        queue_seconds=60.0,
        interrupts=False,
    ),
)
