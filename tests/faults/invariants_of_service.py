"""The invariants I7 to I12: bulk jobs, errors, keys, other people's data, answers, resources."""

from __future__ import annotations

import json
import warnings
from base64 import urlsafe_b64decode
from collections import Counter

from joserfc import jwt
from joserfc.errors import JoseError, SecurityWarning
from joserfc.jwk import KeySet as PublicKeys

from app.identifiers import secret_hash
from identity.oidc.keys.states import ALGS
from tests.faults.evidence import Evidence, KeySet
from tests.faults.journal import REFUSED
from tests.faults.verdict import Verdict

MEMORY = 1.25
"""The memory of a short run rises while caches fill: see `docs/reliability.md`."""
HASH_MEBIBYTES = 152
"""Memory of the hashes that two workers compute at once: four each, of 19 MiB."""
GROWTH = 1.05
SPARE_THREADS = 12
"""Threads for requests under way."""
SPARE_DESCRIPTORS = 96
"""Two workers whose threads all have two connections to SQLite, of three files each."""
PROBES = {"healthz", "readyz"}


def bulk_rows_are_applied_once(evidence: Evidence) -> Verdict:
    """I7: a bulk job that was interrupted and run again applies each row exactly once."""
    verdict = Verdict()
    if evidence.bulk is None:
        return verdict
    stored = Counter(evidence.bulk.stored)
    for key in evidence.bulk.expected:
        verdict.expect(stored[key] == 1, f"row {key} was applied {stored[key]} times")
    return verdict


def errors_leave_nothing_half_done(evidence: Evidence) -> Verdict:
    """I8: a refused request changed nothing, and no change is stored in part."""
    verdict = Verdict()
    emails = {row.email for row in evidence.memberships}
    codes = {row.code_hash: row for row in evidence.codes}
    open_sessions = {row.token_hash for row in evidence.sessions if not row.ended}
    tries = Counter(call.key for call in evidence.of("exchange"))
    for row in evidence.memberships:
        verdict.expect(row.grants == 1, f"a membership has {row.grants} user groups instead of one")
    for call in evidence.calls:
        if call.outcome != REFUSED:
            continue
        if call.operation == "invite":
            verdict.expect(call.key not in emails, "a refused invitation is stored")
        if call.operation == "exchange" and tries[call.key] == 1:
            code = codes.get(secret_hash(call.key))
            verdict.expect(code is None or not code.used, "a refused code was used up")
        if call.operation == "authorize":
            lost = secret_hash(call.key) in open_sessions and call.status == 303
            verdict.expect(not lost, "a person who is signed in was asked to sign in")
    return verdict


def tokens_verify(evidence: Evidence) -> Verdict:
    """I9: every unexpired token verifies with the keys that are published at every moment."""
    verdict = Verdict()
    for call in evidence.of("exchange", "refresh", "credentials"):
        for name in ("access_token", "id_token"):
            token = call.data.get(name)
            if token is None or not call.acknowledged:
                continue
            header, expires_at = _unverified(token)
            seen = [each for each in evidence.key_sets if call.ended_at <= each.at < expires_at]
            gone = [each for each in seen if header["kid"] not in each.keys]
            verdict.expect(not gone, f"the key of a token is missing from {len(gone)} key sets")
            if seen and not gone:
                verdict.expect(_verifies(token, seen[-1]), "a token does not verify")
    return verdict


def no_answer_holds_data_of_others(evidence: Evidence) -> Verdict:
    """I10: no answer contains the marker of a person whom the user may not see."""
    verdict = Verdict()
    for call in evidence.calls:
        found = set(call.data.get("markers", "").split())
        if found and call.user in evidence.markers:
            others = found - evidence.markers[call.user]
            verdict.expect(not others, f"{call.operation} showed somebody else's data")
    return verdict


def errors_stop_with_the_fault(evidence: Evidence) -> Verdict:
    """I11: errors occur only during the fault, as 503 with Retry-After, and nobody waits long."""
    verdict = Verdict()
    window = evidence.window
    until = window.healed_at + window.promise
    for call in evidence.calls:
        failed = call.status is None or call.status >= 500
        during = window.begun_at <= call.ended_at and call.begun_at <= until
        if failed and call.operation != "readyz":
            what = call.status or call.data.get("error", "no answer")
            verdict.expect(during, f"{call.operation}: {what} outside the fault")
        if call.status is not None and call.status >= 500 and call.operation != "readyz":
            verdict.expect(call.status == 503, f"{call.operation}: {call.status} instead of 503")
            verdict.expect(call.retry_after, f"{call.operation}: {call.status} without Retry-After")
        waited = call.ended_at - call.begun_at
        limit = window.longest_wait
        verdict.expect(waited <= limit, f"{call.operation}: {waited:.1f} s until an answer")
    return verdict


def resources_return(evidence: Evidence) -> Verdict:
    """I12: processes, memory, descriptors and connections return to what they were."""
    verdict = Verdict()
    for name, before in evidence.usage_before.items():
        after = evidence.usage_after[name]
        verdict.expect(
            after.processes == before.processes,
            f"{name}: {after.processes} processes instead of {before.processes}",
        )
        verdict.expect(
            after.memory_mib <= before.memory_mib * MEMORY + HASH_MEBIBYTES,
            f"{name}: {after.memory_mib:.0f} MiB after {before.memory_mib:.0f}",
        )
        for what, then, present, spare in (
            ("descriptors", before.descriptors, after.descriptors, SPARE_DESCRIPTORS),
            ("threads", before.threads, after.threads, SPARE_THREADS),
        ):
            most = then * GROWTH + spare
            verdict.expect(present <= most, f"{name}: {present} {what} after {then}")
    verdict.expect(
        evidence.connections <= evidence.most_connections,
        f"{evidence.connections} connections to the database",
    )
    return verdict


def _unverified(token: str) -> tuple[dict[str, str], float]:
    header, claims = (
        json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        for part in token.split(".")[:2]
    )
    return header, float(claims["exp"])


def _verifies(token: str, key_set: KeySet) -> bool:
    published = PublicKeys.import_key_set({"keys": [{**key} for key in key_set.keys.values()]})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        try:
            jwt.decode(token, published, algorithms=ALGS)
        except (JoseError, ValueError):
            return False
    return True
