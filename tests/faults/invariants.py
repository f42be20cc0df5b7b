"""The invariants I1 to I6: nothing lost, nothing doubled, nobody let in. Pure functions.

A checker compares the journal with what is stored. `invariants_of_service` holds I7 to I12.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from app.identifiers import secret_hash
from tests.faults.credential_changes import count_credential_changes, expect_last_credentials
from tests.faults.evidence import Evidence
from tests.faults.verdict import Verdict

CLOSING = (
    "membership.removed",
    "membership.invitation_withdrawn",
    "membership.left",
    "membership.declined",
)
FREE_GUESSES = 5
"""Wrong passwords for one account from one network that are verified before a wait."""


def nothing_acknowledged_is_lost(evidence: Evidence) -> Verdict:
    """I1: an acknowledged write is in the database afterwards, once."""
    verdict = Verdict()
    emails = Counter(row.email for row in evidence.memberships)
    open_ones = {row.public_id for row in evidence.memberships if row.open}
    codes = {row.code_hash: row for row in evidence.codes}
    tokens = Counter(row.token_hash for row in evidence.refresh_tokens)
    ended = {row.token_hash for row in evidence.sessions if row.ended}
    for call in evidence.calls:
        if not call.acknowledged:
            continue
        match call.operation:
            case "invite":
                verdict.expect(emails[call.key] == 1, f"{emails[call.key]} rows for an invitation")
            case "remove":
                verdict.expect(call.key not in open_ones, "a removed membership is open")
            case "authorize":
                known = secret_hash(call.data["code"]) in codes
                verdict.expect(known, "an authorization code is not stored")
            case "exchange":
                code = codes.get(secret_hash(call.key))
                verdict.expect(code is not None and code.used, "a redeemed code is unused")
                stored = tokens[secret_hash(call.data["refresh_token"])]
                verdict.expect(stored == 1, "a refresh token of a redeemed code is not stored")
            case "refresh":
                stored = tokens[secret_hash(call.data["refresh_token"])]
                verdict.expect(stored == 1, "a refresh token of a refresh is not stored")
            case "sign out":
                verdict.expect(secret_hash(call.key) in ended, "a session is open after sign-out")
    expect_last_credentials(evidence, verdict)
    return verdict


def nothing_is_used_twice(evidence: Evidence) -> Verdict:
    """I2: one code gives one set of tokens, one refresh token one successor."""
    verdict = Verdict()
    redeemed = Counter(call.key for call in evidence.of("exchange") if call.acknowledged)
    for count in redeemed.values():
        verdict.expect(count == 1, f"a code was redeemed {count} times")
    successors: dict[str, set[str]] = {}
    for call in evidence.of("refresh"):
        if call.acknowledged:
            successors.setdefault(call.key, set()).add(call.data["refresh_token"])
    for found in successors.values():
        verdict.expect(len(found) == 1, f"a refresh token has {len(found)} successors")
    stored = Counter(row.family for row in evidence.refresh_tokens)
    used = Counter(row.family for row in evidence.refresh_tokens if row.used)
    for family, count in stored.items():
        verdict.expect(count <= used[family] + 1, "a family has two unused refresh tokens")
    return verdict


def every_change_has_one_audit_row(evidence: Evidence) -> Verdict:
    """I3: a change is stored if and only if exactly one audit row says so."""
    verdict = Verdict()
    added = _by(evidence, "membership", "membership.added")
    closed = _by(evidence, "membership", *CLOSING)
    known = {row.public_id for row in evidence.memberships}
    for row in evidence.memberships:
        # Staged people were added before the first audit row of the evidence.
        expected = 0 if row.staged else 1
        verdict.expect(added[row.public_id] == expected, "an addition has not one audit row")
        verdict.expect(closed[row.public_id] == (not row.open), "a removal has not one audit row")
    verdict.expect(set(added) <= known, "an audit row of an addition has no membership")
    entered = _by(evidence, "grant", "service.entered")
    redeemed = _issued(evidence, "authorization_code")
    refreshed = _issued(evidence, "refresh_token")
    used = Counter(row.family for row in evidence.codes if row.used)
    turned = Counter[str]()
    for token in evidence.refresh_tokens:
        turned[token.family] += token.used + token.retries
    for code in evidence.codes:
        verdict.expect(entered[code.family] == 1, "a sign-in to the service has not one audit row")
        verdict.expect(
            redeemed[code.family] == used[code.family], "a redeemed code has not one audit row"
        )
        verdict.expect(
            refreshed[code.family] == turned[code.family], "a refresh has not one audit row"
        )
    ends = _by(evidence, "sid", "session.ended")
    for session in evidence.sessions:
        if session.ended:
            verdict.expect(ends[session.sid] <= 1, "the end of a session has two audit rows")
    signed_out = {secret_hash(call.key) for call in evidence.of("sign out") if call.acknowledged}
    for session in evidence.sessions:
        if session.token_hash in signed_out:
            verdict.expect(ends[session.sid] == 1, "a sign-out has not one audit row")
    _count_client_tokens(evidence, verdict)
    count_credential_changes(evidence, verdict)
    return verdict


def _count_client_tokens(evidence: Evidence, verdict: Verdict) -> None:
    """Compare the tokens of the client itself, which are stored in the audit only."""
    calls = evidence.of("credentials")
    acknowledged = sum(call.acknowledged for call in calls)
    unknown = sum(call.outcome == "unknown" for call in calls)
    rows = sum(
        row.detail.get("grant_type") == "client_credentials"
        for row in evidence.events("token.issued")
    )
    verdict.expect(rows >= acknowledged, f"{acknowledged - rows} tokens have no audit row")
    verdict.expect(
        rows <= acknowledged + unknown, f"{rows - acknowledged - unknown} audit rows have no token"
    )


def no_message_is_lost(evidence: Evidence) -> Verdict:
    """I4: each invitation has one mail, each end of a session its notices; all are delivered.

    A message that arrives twice has the same identifier both times.
    """
    verdict = Verdict()
    mails = Counter(row.recipient for row in evidence.mails)
    delivered: dict[str, list[str]] = {}
    for delivery in evidence.deliveries:
        delivered.setdefault(delivery.recipient, []).append(delivery.message_id)
    for row in evidence.memberships:
        if not row.staged:
            verdict.expect(mails[row.email] == 1, f"{mails[row.email]} mails for an invitation")
    for mail in evidence.mails:
        verdict.expect(mail.state != "waiting", "a mail was not delivered in time")
        verdict.expect(
            mail.state != "sent" or mail.recipient in delivered, "a sent mail did not arrive"
        )
    invited = {row.email for row in evidence.memberships if not row.staged}
    for recipient, identifiers in delivered.items():
        if recipient in invited:
            verdict.expect(len(set(identifiers)) == 1, "a repeated mail has another Message-ID")
    arrived = {notice.identifier for notice in evidence.notified}
    queued = {row.sid for row in evidence.notices}
    for notice in evidence.notices:
        verdict.expect(notice.state == "delivered", f"a logout notice is {notice.state}")
        verdict.expect(
            notice.state != "delivered" or notice.public_id in arrived,
            "a delivered logout notice did not arrive",
        )
    entered = {row.detail.get("sid") for row in evidence.events("session.ended")}
    used = _sessions_with_tokens(evidence)
    for session in evidence.sessions:
        if session.sid in entered and session.token_hash in used:
            verdict.expect(session.sid in queued, "a sign-out has no logout notice")
    return verdict


def nothing_works_after_its_end(evidence: Evidence) -> Verdict:
    """I5: one second after an acknowledged sign-out or removal nothing of it works any more."""
    verdict = Verdict()
    for call in evidence.of("use after end"):
        verdict.expect(not call.acknowledged, "a token or session works after its end")
    return verdict


def throttles_hold(evidence: Evidence) -> Verdict:
    """I6: no wrong password is accepted, nor are more guesses or requests than the limits allow."""
    verdict = Verdict()
    guesses = evidence.of("guess")
    for call in (*guesses, *evidence.of("crowd")):
        passed = "/sign-in/code" in call.data.get("location", "")
        verdict.expect(not (call.acknowledged and passed), "a wrong password was accepted")
    # A crowd at the same accounts is verified as well, from other networks.
    if guesses and not evidence.of("crowd"):
        verified = len(evidence.events("sign_in.password_refused"))
        minutes = int((guesses[-1].ended_at - guesses[0].begun_at) / 60) + 1
        verdict.expect(
            verified <= FREE_GUESSES + minutes, f"{verified} guesses of one password were verified"
        )
    accepted = sum(call.acknowledged for call in evidence.of("hammer"))
    if evidence.of("hammer"):
        verdict.expect(accepted <= evidence.request_limit, f"{accepted} requests passed the limit")
    return verdict


def _by(evidence: Evidence, name: str, *events: str) -> Counter[str]:
    return Counter(row.detail.get(name, "") for row in evidence.events(*events))


def _issued(evidence: Evidence, grant_type: str) -> Counter[str]:
    rows = evidence.events("token.issued")
    return Counter(row.detail["grant"] for row in rows if row.detail["grant_type"] == grant_type)


def _sessions_with_tokens(evidence: Evidence) -> set[str]:
    """Return the hashes of the sessions in which a code was redeemed."""
    redeemed = {call.key for call in evidence.of("exchange") if call.acknowledged}
    return _hashes(
        call.key
        for call in evidence.of("authorize")
        if call.acknowledged and call.data["code"] in redeemed
    )


def _hashes(secrets: Iterable[str]) -> set[str]:
    return {secret_hash(secret) for secret in secrets}
