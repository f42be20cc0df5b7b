"""Signing keys: next, active, retired."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import time_machine
from flask import Flask
from sqlalchemy import select

from app.clock import now
from app.database import db, writing
from app.retention import purge_expired
from identity.oidc.keys import actions
from identity.oidc.keys.states import ALGS, State, algs_due, state
from identity.oidc.models import SigningKey
from tests.attacks.oidc.evidence import audited
from tests.identity.oidc.relying_party import RelyingParty


def states(alg: str) -> list[State]:
    return [state(key, now()) for key in actions.everything() if key.alg == alg]


def run(app: Flask, *arguments: str) -> Any:
    return app.test_cli_runner().invoke(args=["keys", *arguments])


def test_setup_makes_one_key_of_each_algorithm(app: Flask) -> None:
    assert len(actions.ensure()) == 2 * len(ALGS)
    assert actions.ensure() == []
    assert states("RS256") == states("ES256") == [State.ACTIVE, State.NEXT]


def test_private_halves_are_stored_encrypted(provider: Flask) -> None:
    for key in db.session.scalars(select(SigningKey)):
        assert key.private_key is not None
        assert '"d"' not in key.private_key
        assert not {"d", "p", "q"} & key.public_key.keys()


def test_rotation_waits_until_cached_key_sets_have_expired(provider: Flask) -> None:
    start = now()
    actions.rotate(["ES256"])
    assert states("ES256") == [State.ACTIVE, State.NEXT, State.NEXT]
    again = actions.rotate(["ES256"])
    assert len(again) == 1
    assert states("ES256") == [State.ACTIVE, State.NEXT, State.NEXT]
    with time_machine.travel(start + timedelta(seconds=63)):
        assert states("ES256") == [State.RETIRED, State.ACTIVE, State.NEXT]
        actions.rotate(["ES256"])
        assert states("ES256") == [State.RETIRED, State.RETIRED, State.ACTIVE, State.NEXT]
    with time_machine.travel(start + timedelta(minutes=10)):
        assert states("ES256") == [State.GONE, State.GONE, State.ACTIVE, State.NEXT]
    assert states("RS256") == [State.ACTIVE, State.NEXT]
    assert len(audited("signing_key.rotated")) == 2


def test_key_commands_print_their_changes(provider: Flask) -> None:
    waiting = run(provider, "rotate")
    assert waiting.exit_code == 0
    assert waiting.output.count("begins to sign at") == len(ALGS)
    assert run(provider, "rotate", "--now", "--alg", "ES256").output.count("signs now") == 1
    listed = run(provider, "list").output
    for word in ("next", "active", "retired", "RS256", "ES256"):
        assert word in listed
    assert run(provider, "retire", "no-such").exit_code == 1


def test_withdrawn_key_is_replaced_at_once(provider: Flask) -> None:
    (active,) = [
        key
        for key in actions.everything()
        if key.alg == "RS256" and state(key, now()) is State.ACTIVE
    ]
    actions.retire(active.kid)
    assert states("RS256") == [State.WITHDRAWN, State.ACTIVE, State.NEXT]
    assert active.private_key is None


def test_withdrawal_of_the_next_key_leaves_the_active_one(
    provider: Flask, rp: RelyingParty
) -> None:
    actions.rotate(["ES256"], at_once=True)
    (coming,) = actions.rotate(["ES256"])
    actions.retire(coming.kid)
    assert states("ES256") == [State.RETIRED, State.ACTIVE, State.WITHDRAWN, State.NEXT]
    with time_machine.travel(now() + timedelta(minutes=5)):
        assert rp.credentials().status_code == 200
    with time_machine.travel(now() + timedelta(days=90, seconds=1)):
        actions.rotate_due()
        assert states("ES256")[1:] == [
            State.RETIRED,
            State.WITHDRAWN,
            State.ACTIVE,
            State.NEXT,
        ]


def test_private_halves_are_removed_after_use(provider: Flask) -> None:
    actions.rotate(at_once=True)
    with time_machine.travel(now() + timedelta(minutes=10)):
        purge_expired()
        gone = [key for key in actions.everything() if state(key, now()) is State.GONE]
        assert {key.alg for key in gone} == set(ALGS)
        assert all(key.private_key is None for key in gone)


def test_worker_rotates_keys_at_their_age(provider: Flask) -> None:
    start = now()
    actions.rotate_due()
    assert audited("signing_key.rotated") == []
    with time_machine.travel(start + timedelta(days=90, seconds=1)):
        assert provider.test_cli_runner().invoke(args=["worker", "--once"]).exit_code == 0
        assert states("ES256") == [State.RETIRED, State.ACTIVE, State.NEXT]
        assert len(audited("signing_key.rotated")) == len(ALGS)
        actions.rotate_due()
        assert len(audited("signing_key.rotated")) == len(ALGS)


def test_algs_due_returns_no_algorithm_with_a_next_key(provider: Flask) -> None:
    day, soon = timedelta(days=1), now() + timedelta(days=1, seconds=1)
    assert algs_due(actions.everything(), day, soon) == list(ALGS)
    with writing():
        next_key = next(
            key
            for key in actions.everything()
            if key.alg == "ES256" and state(key, now()) is State.NEXT
        )
        next_key.active_from = soon + timedelta(seconds=1)
    assert "ES256" not in algs_due(actions.everything(), day, soon)
