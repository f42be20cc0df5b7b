"""Faults of Redis, of the mail server and of relying parties."""

from __future__ import annotations

import asyncio
from functools import partial

from redis import Redis

from bench.http import Call
from tests.faults.browser import Browser, shown
from tests.faults.fault import Fault, Trial
from tests.faults.network import Condition
from tests.faults.rig import REQUEST_LIMIT, WORKERS
from tests.servers import ports

HAMMERED = "/help"
MAIL_RETRY_SECONDS = 75.0
"""The first attempt after a failed one is made after 30 seconds, the second after 60."""
NOTICE_RETRY_SECONDS = 45.0


async def kill_redis(trial: Trial) -> None:
    """Kill Redis for 6 seconds and start it again, empty. Requests stay limited."""
    await asyncio.to_thread(trial.rig.redis.stop)
    await asyncio.sleep(3)
    await _hammer(trial)
    await asyncio.sleep(3)
    await asyncio.to_thread(trial.rig.redis.start)
    trial.heal()


async def hang_redis(trial: Trial) -> None:
    """Let Redis answer nothing for 10 seconds. Requests stay limited."""
    with trial.rig.redis_relay.under(Condition(hangs=True)):
        await asyncio.sleep(4)
        await _hammer(trial)
        await asyncio.sleep(6)
    trial.heal()


async def slow_redis(trial: Trial) -> None:
    """Delay each message of Redis by half a second for 8 seconds."""
    with trial.rig.redis_relay.under(Condition(delay=0.25)):
        await asyncio.sleep(8)
    trial.heal()


async def nonsense_from_redis(trial: Trial) -> None:
    """Let the mail server stand at the address of Redis for 6 seconds."""
    relay = trial.rig.redis_relay
    target, relay.target = relay.target, trial.rig.mail.port
    relay.cut()
    await asyncio.sleep(6)
    relay.target = target
    relay.cut()
    trial.heal()


async def unwritable_redis(trial: Trial) -> None:
    """Let Redis be out of memory, then read-only; 5 seconds each. Requests stay limited."""
    with Redis(host=ports.HOST, port=trial.rig.redis.port) as redis:
        redis.config_set("maxmemory", 1)
        await asyncio.sleep(2)
        await _hammer(trial)
        await asyncio.sleep(3)
        redis.config_set("maxmemory", 0)
        # A replica without its primary answers, and refuses every change.
        redis.replicaof(ports.HOST, ports.free_port())
        await asyncio.sleep(5)
        redis.replicaof("NO", "ONE")
    trial.heal()


async def mail_server_fails(trial: Trial) -> None:
    """Refuse connections to the mail server, let it hang, let it answer 451; 5 seconds each."""
    relay = trial.rig.mail_relay
    for condition in (Condition(refuses=True), Condition(hangs=True)):
        with relay.under(condition):
            await asyncio.sleep(5)
            relay.cut()
    trial.rig.mail.refusal = "451 4.3.0 Try again later"
    await asyncio.sleep(5)
    trial.rig.mail.refusal = None
    trial.heal()


async def mail_server_refuses_for_good(trial: Trial) -> None:
    """Let the mail server refuse every recipient with 550 for 6 seconds."""
    trial.rig.mail.recipient_refusal = "550 5.1.1 Unknown user"
    await asyncio.sleep(6)
    trial.rig.mail.recipient_refusal = None
    trial.heal()


async def relying_party_fails(trial: Trial) -> None:
    """Let the relying party hang, answer 500, and refuse connections; 5 seconds each."""
    relay, parties = trial.rig.party_relay, trial.rig.parties
    with relay.under(Condition(hangs=True)):
        await asyncio.sleep(5)
    parties.status = 500
    await asyncio.sleep(5)
    parties.status = 200
    with relay.under(Condition(refuses=True)):
        await asyncio.sleep(5)
    trial.heal()


async def _hammer(trial: Trial) -> None:
    """Send more requests from one address than the workers may accept in a minute."""
    most = int(REQUEST_LIMIT * WORKERS * 1.3)

    async def send(share: int) -> None:
        browser = Browser("hammer", trial.rig.port, trial.journal, "127.0.0.77")
        for _ in range(share):
            await browser.send("hammer", HAMMERED, Call(HAMMERED), shown)
        browser.close()

    await asyncio.gather(*(send(most // 8) for _ in range(8)))


# The loss of these stops nothing: no request fails meanwhile.
_fault = partial(Fault, interrupts=False)
DEPENDENCY_FAULTS = (
    _fault("F14", "kill -9 of Redis, and start after 6 s, empty", kill_redis, 1.0),
    _fault("F14b", "Redis answers nothing for 10 s", hang_redis, 1.0),
    _fault("F14c", "Redis half a second late for 8 s", slow_redis, 1.0),
    _fault("F14d", "another server at the address of Redis for 6 s", nonsense_from_redis, 1.0),
    _fault("F14e", "Redis out of memory, read-only; 5 s each", unwritable_redis, 1.0),
    _fault(
        "F15",
        "mail server refuses connections, hangs, answers 451; 5 s each",
        mail_server_fails,
        1.0,
        queue_seconds=MAIL_RETRY_SECONDS,
    ),
    _fault("F15b", "mail server answers 550 for 6 s", mail_server_refuses_for_good, 1.0),
    _fault(
        "F16",
        "relying party hangs, answers 500, refuses connections; 5 s each",
        relying_party_fails,
        1.0,
        queue_seconds=NOTICE_RETRY_SECONDS,
    ),
)
