"""Each invariant's checker finds one planted violation in evidence that it otherwise accepts."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher
from joserfc import jwt
from joserfc.jwk import ECKey

from app.identifiers import secret_hash
from tests.faults.checks import INVARIANTS
from tests.faults.evidence import (
    AuditRow,
    Bulk,
    CodeRow,
    CredentialRow,
    Delivery,
    Evidence,
    KeySet,
    MailRow,
    MembershipRow,
    NoticeRow,
    RefreshRow,
    SessionRow,
    Window,
)
from tests.faults.journal import ACKNOWLEDGED, REFUSED, UNKNOWN, Call
from tests.faults.programs import Usage
from tests.faults.relying_parties import Notice

EMAIL = "new@faults.example"
KEY = ECKey.generate_key("P-256", parameters={"kid": "key-1"})
OTHER_KEY = ECKey.generate_key("P-256", parameters={"kid": "key-1"})
HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("kettle orbit")
NOW = time.time()


def token(key: ECKey = KEY) -> str:
    return jwt.encode({"alg": "ES256", "kid": "key-1"}, {"exp": int(NOW) + 300}, key)


def call(number: int, operation: str, key: str, **changes: Any) -> Call:
    values: dict[str, Any] = {
        "identifier": number,
        "user": "member",
        "operation": operation,
        "key": key,
        "begun_at": NOW + number,
        "ended_at": NOW + number + 0.1,
        "outcome": ACKNOWLEDGED,
        "status": 200,
        **changes,
    }
    return Call(**values)


def audit(number: int, event: str, **detail: str) -> AuditRow:
    return AuditRow(number, event, detail)


CALLS = (
    call(1, "invite", EMAIL, status=303),
    call(2, "remove", "m-2", status=303),
    call(3, "authorize", "cookie", status=303, data={"code": "code"}),
    call(
        4,
        "exchange",
        "code",
        data={"access_token": token(), "refresh_token": "first", "markers": "mk1"},
    ),
    call(5, "refresh", "first", data={"refresh_token": "second"}),
    call(6, "credentials", "client"),
    call(7, "sign out", "cookie", status=303),
    call(8, "use after end", "second", outcome=REFUSED, status=400),
    call(9, "guess", EMAIL, outcome=REFUSED, status=200),
    call(10, "hammer", "/sign-in"),
    call(11, "authorize", "open", outcome=UNKNOWN, status=503, retry_after=True),
    call(12, "invite", "refused@faults.example", outcome=REFUSED, status=200),
    call(13, "reset", "subject", status=303, data={"password": "kettle orbit"}),
    call(14, "change app", "other", status=303, data={"secret": "KREW"}),
)
USAGE = {"serve": Usage(processes=3, memory_mib=200, descriptors=100, threads=60)}
SOUND = Evidence(
    window=Window(NOW + 10.5, NOW + 11.5, promise=5),
    calls=CALLS,
    memberships=(
        MembershipRow("m-1", EMAIL, open=True, grants=1),
        MembershipRow("m-2", "old@faults.example", open=False, grants=1, staged=True),
    ),
    mails=(
        MailRow(EMAIL, "sent"),
        MailRow("ada@faults.example", "sent", "credentials/password_changed"),
        MailRow("bob@faults.example", "sent", "credentials/second_step_changed"),
    ),
    audit=(
        audit(1, "membership.added", membership="m-1"),
        audit(2, "membership.removed", membership="m-2"),
        audit(3, "service.entered", grant="family"),
        audit(4, "token.issued", grant="family", grant_type="authorization_code"),
        audit(5, "token.issued", grant="family", grant_type="refresh_token"),
        audit(6, "token.issued", grant="", grant_type="client_credentials"),
        audit(7, "session.ended", sid="sid"),
        audit(8, "sign_in.password_refused"),
        audit(9, "password.reset", subject="subject"),
        audit(10, "totp.changed", subject="other"),
    ),
    credentials=(
        CredentialRow("subject", "ada@faults.example", HASH, "JBSW"),
        CredentialRow("other", "bob@faults.example", HASH, "KREW"),
    ),
    codes=(CodeRow(secret_hash("code"), "family", used=True),),
    refresh_tokens=(
        RefreshRow(secret_hash("first"), "family", used=True),
        RefreshRow(secret_hash("second"), "family", used=False),
    ),
    sessions=(
        SessionRow(secret_hash("cookie"), "sid", ended=True, subject="subject"),
        SessionRow(secret_hash("open"), "sid-2", ended=False),
    ),
    notices=(NoticeRow("sid", "notice", "delivered"),),
    deliveries=(
        Delivery(EMAIL, "<1@faults.example>"),
        Delivery("ada@faults.example", "<3@faults.example>"),
        Delivery("bob@faults.example", "<4@faults.example>"),
    ),
    notified=(Notice("sid", "notice", NOW + 8),),
    key_sets=(KeySet(NOW + 20, {"key-1": {**KEY.as_dict(private=False)}}),),
    markers={"member": {"mk1"}},
    bulk=Bulk(("1", "2"), ("1", "2")),
    request_limit=1,
    usage_before=USAGE,
    usage_after=USAGE,
    connections=5,
    most_connections=46,
)


def with_call(number: int, **changes: Any) -> Evidence:
    """The sound evidence with one call changed."""
    calls = [replace(each, **changes) if each.identifier == number else each for each in CALLS]
    return replace(SOUND, calls=calls)


@pytest.mark.parametrize("name", INVARIANTS)
def test_checker_accepts_sound_evidence(name: str) -> None:
    verdict = INVARIANTS[name](SOUND)
    assert verdict.breaches == []
    assert verdict.checked > 0


PLANTED = {
    "I1 deleted membership": ("I1", replace(SOUND, memberships=SOUND.memberships[1:])),
    "I1 membership stored twice": (
        "I1",
        replace(SOUND, memberships=(*SOUND.memberships, SOUND.memberships[0])),
    ),
    "I1 lost code": ("I1", replace(SOUND, codes=())),
    "I1 lost refresh token": ("I1", replace(SOUND, refresh_tokens=SOUND.refresh_tokens[:1])),
    "I1 session open after sign-out": (
        "I1",
        replace(SOUND, sessions=(replace(SOUND.sessions[0], ended=False),)),
    ),
    "I1 password of a reset not stored": ("I1", with_call(13, data={"password": "another"})),
    "I1 secret of a new app not stored": ("I1", with_call(14, data={"secret": "other"})),
    "I2 code redeemed twice": (
        "I2",
        replace(SOUND, calls=(*CALLS, replace(CALLS[3], identifier=20))),
    ),
    "I2 two successors": (
        "I2",
        replace(SOUND, calls=(*CALLS, call(20, "refresh", "first", data={"refresh_token": "b"}))),
    ),
    "I2 two unused refresh tokens": (
        "I2",
        replace(
            SOUND, refresh_tokens=(*SOUND.refresh_tokens, RefreshRow("third", "family", used=False))
        ),
    ),
    "I3 cut audit row of an addition": ("I3", replace(SOUND, audit=SOUND.audit[1:])),
    "I3 doubled audit row of a token": (
        "I3",
        replace(SOUND, audit=(*SOUND.audit, SOUND.audit[4])),
    ),
    "I3 audit row without membership": (
        "I3",
        replace(SOUND, audit=(*SOUND.audit, audit(9, "membership.added", membership="m-9"))),
    ),
    "I3 token of the client without audit row": (
        "I3",
        replace(SOUND, audit=[row for row in SOUND.audit if row.identifier != 6]),
    ),
    "I3 reset without audit row": (
        "I3",
        replace(SOUND, audit=[row for row in SOUND.audit if row.identifier != 9]),
    ),
    "I3 audit row of a reset that changed nothing": (
        "I3",
        with_call(13, outcome=REFUSED, status=200),
    ),
    "I3 reset without mail": ("I3", replace(SOUND, mails=SOUND.mails[:1])),
    "I3 session open after a reset": (
        "I3",
        replace(SOUND, sessions=(replace(SOUND.sessions[0], ended=False), *SOUND.sessions[1:])),
    ),
    "I3 two sessions open after a change of the app": (
        "I3",
        replace(
            SOUND,
            sessions=[
                *SOUND.sessions,
                *(SessionRow(f"o{n}", f"o{n}", ended=False, subject="other") for n in range(2)),
            ],
        ),
    ),
    "I4 invitation without mail": ("I4", replace(SOUND, mails=())),
    "I4 mail that did not arrive": ("I4", replace(SOUND, deliveries=())),
    "I4 repeated mail with another Message-ID": (
        "I4",
        replace(SOUND, deliveries=(*SOUND.deliveries, Delivery(EMAIL, "<2@faults.example>"))),
    ),
    "I4 sign-out without notice": ("I4", replace(SOUND, notices=())),
    "I4 notice that waits": ("I4", replace(SOUND, notices=(NoticeRow("sid", "n", "waiting"),))),
    "I5 token that works after sign-out": ("I5", with_call(8, outcome=ACKNOWLEDGED)),
    "I6 accepted wrong password": (
        "I6",
        with_call(9, outcome=ACKNOWLEDGED, data={"location": "/sign-in/code?journey=1"}),
    ),
    "I6 too many verified guesses": (
        "I6",
        replace(SOUND, audit=[audit(n, "sign_in.password_refused") for n in range(7)]),
    ),
    "I6 requests beyond the limit": (
        "I6",
        replace(SOUND, calls=(*CALLS, call(20, "hammer", "/sign-in"))),
    ),
    "I7 bulk row applied twice": ("I7", replace(SOUND, bulk=Bulk(("1", "2"), ("1", "2", "2")))),
    "I7 bulk row not applied": ("I7", replace(SOUND, bulk=Bulk(("1", "2"), ("1",)))),
    "I8 refused invitation that is stored": (
        "I8",
        with_call(12, key=EMAIL),
    ),
    "I8 refused code that is used up": ("I8", with_call(4, outcome=REFUSED, status=400)),
    "I8 membership without user group": (
        "I8",
        replace(SOUND, memberships=(replace(SOUND.memberships[0], grants=0),)),
    ),
    "I8 signed-in person asked to sign in": ("I8", with_call(11, outcome=REFUSED, status=303)),
    "I9 key missing from the key set": ("I9", replace(SOUND, key_sets=(KeySet(NOW + 20, {}),))),
    "I9 signature by another key": (
        "I9",
        with_call(4, data={"access_token": token(OTHER_KEY), "refresh_token": "first"}),
    ),
    "I10 marker of another person": (
        "I10",
        with_call(4, data={"markers": "mk1 mk2", "refresh_token": "first"}),
    ),
    "I11 error before the fault": ("I11", with_call(5, outcome=UNKNOWN, status=503)),
    "I11 500 during the fault": ("I11", with_call(11, status=500)),
    "I11 503 without Retry-After": ("I11", with_call(11, retry_after=False)),
    "I11 answer after seven seconds": ("I11", with_call(11, ended_at=NOW + 18)),
    "I12 lost process": ("I12", replace(SOUND, usage_after={"serve": Usage(2, 200, 100, 60)})),
    "I12 leaked memory": ("I12", replace(SOUND, usage_after={"serve": Usage(3, 403, 100, 60)})),
    "I12 leaked descriptors": (
        "I12",
        replace(SOUND, usage_after={"serve": Usage(3, 200, 240, 60)}),
    ),
    "I12 too many connections": ("I12", replace(SOUND, connections=47)),
}


@pytest.mark.parametrize("planted", PLANTED)
def test_checker_finds_planted_violation(planted: str) -> None:
    name, evidence = PLANTED[planted]
    assert INVARIANTS[name](evidence).breaches


def test_every_checker_has_a_planted_violation() -> None:
    assert {name for name, _ in PLANTED.values()} == set(INVARIANTS)


def test_key_of_a_token_is_read_from_its_header() -> None:
    header = json.dumps({"kid": "unknown"}).encode()
    forged = urlsafe_b64encode(header).decode().rstrip("=") + "." + token().split(".", 1)[1]
    evidence = with_call(4, data={"access_token": forged, "refresh_token": "first"})
    assert INVARIANTS["I9"](evidence).breaches
