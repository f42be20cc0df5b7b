"""The password: something the person knows."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from sqlalchemy import bindparam, delete, select, update

from app.clock import now
from app.database import CompiledQuery, db, writing
from app.database.single_use import rows_changed
from app.refusal import Refusal
from identity.accounts.models import Account
from identity.accounts.person import is_active
from identity.credentials import hashing
from identity.credentials.breached import is_breached
from identity.credentials.factor import Evidence, Factor, FactorKind, ProofAccepted, ProofRejected
from identity.credentials.models import PasswordCredential
from identity.credentials.password_rules import COMMON, Owner, refusal

WRONG = Refusal("wrong", "Your email address or password is incorrect.")


class _StoredRow(Protocol):
    password_hash: str
    changed_at: datetime


# The same statement for known and unknown people, whose id is null: it finds nobody.
_STORED: CompiledQuery[_StoredRow] = CompiledQuery(
    select(PasswordCredential.password_hash, PasswordCredential.changed_at).where(
        PasswordCredential.account_id == bindparam("account")
    )
)


class _LockedRow(Protocol):
    joined_at: datetime | None
    suspended_at: datetime | None
    changed_at: datetime


_LOCKED: CompiledQuery[_LockedRow] = CompiledQuery(
    select(Account.joined_at, Account.suspended_at, PasswordCredential.changed_at)
    .join(PasswordCredential, PasswordCredential.account_id == Account.id)
    .where(Account.id == bindparam("account"))
    .with_for_update(key_share=True)
)


class Password(Factor):
    """Proved by comparing hashes; nobody's password costs as much time as somebody's."""

    name = "password"
    evidence = Evidence(("pwd",), frozenset({FactorKind.KNOWLEDGE}))

    def enrolled(self, account_id: int) -> bool:
        return _stored_hash(account_id)[0] is not None

    def prove(
        self, account_id: int | None, answer: str, _challenge: str | None = None, /
    ) -> ProofAccepted | ProofRejected:
        # Asked for nobody too: whether there is somebody must not show in the time (LG-02).
        stored, set_at = _stored_hash(account_id)
        if not hashing.verify(stored, answer):
            return ProofRejected(WRONG)
        if stored is not None and hashing.outdated(stored):
            _renew(account_id, stored, hashing.hash_password(answer))
        return ProofAccepted(self, self.evidence, set_at)

    def forget(self, account_id: int, /) -> None:
        rows_changed(delete(PasswordCredential).where(PasswordCredential.account_id == account_id))


PASSWORD = Password()


def why_refused(password: str, owner: Owner) -> str | None:
    """Return why a new password is refused, by the range service as well, or None."""
    sentence = refusal(password, owner)
    if sentence is None and is_breached(password):
        return COMMON
    return sentence


def store(account_id: int, password_hash: str) -> None:
    """Make this the person's password, inside `writing()`."""
    credential = db.session.get(PasswordCredential, account_id, populate_existing=True)
    if credential is None:
        credential = PasswordCredential(account_id=account_id)
        db.session.add(credential)
    credential.password_hash = password_hash
    credential.changed_at = now()


def is_unchanged(account_id: int, proved: ProofAccepted) -> bool:
    """Return whether the password that was proved is still the person's.

    Must run inside `writing()`, after the account's row was locked.
    """
    _, set_at = _stored_hash(account_id)
    return set_at is not None and set_at == proved.set_at


def lock_unchanged(account_id: int, proved: ProofAccepted) -> bool:
    """Lock the account, and return whether it is active and the password still the proved one.

    As `lock_access` does, for a transaction that needs no more of the account. The row of the
    password is locked with it, so that one statement reads both as they are now.
    """
    found = _LOCKED.one(account=account_id)
    if found is None or not is_active(found.joined_at, found.suspended_at):
        return False
    return found.changed_at == proved.set_at


def _stored_hash(account_id: int | None) -> tuple[str | None, datetime | None]:
    row = _STORED.one(account=account_id)
    return (row.password_hash, row.changed_at) if row is not None else (None, None)


def _renew(account_id: int | None, old: str, new: str) -> None:
    # Only where nobody changed the password meanwhile.
    with writing() as session:
        session.execute(
            update(PasswordCredential)
            .where(
                PasswordCredential.account_id == account_id, PasswordCredential.password_hash == old
            )
            .values(password_hash=new)
        )
