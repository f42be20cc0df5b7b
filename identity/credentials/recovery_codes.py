"""Recovery codes: ten saved codes, each good once, for a lost phone (NIST SP 800-63B-4, 3.1.2)."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping

from sqlalchemy import BindParameter, ColumnElement, bindparam, delete, exists, select, update

from app.clock import now
from app.composition import Part
from app.database import CompiledQuery, db, writing
from app.database.single_use import claim, rows_changed
from app.identifiers import secret_hash
from app.refusal import Refusal
from identity.accounts.models import Account
from identity.credentials.factor import (
    Evidence,
    Factor,
    FactorKind,
    ProofAccepted,
    ProofRejected,
    SignInPage,
)
from identity.credentials.models import RecoveryCode
from identity.credentials.reset import send_disavowable
from identity.credentials.take_back import TAKE_BACKS, Change, TakeBack

COUNT = 10
MADE = Change("recovery codes", {})
"""The change that "this was not me" takes back after new codes were made."""
# Letters and digits that cannot be read as one another (Crockford), 80 bits a code.
_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_LENGTH = 16
_MISREADINGS = str.maketrans("oil", "011")

INCOMPLETE = Refusal("incomplete", f"Enter all {_LENGTH} letters and numbers of the code.")
WRONG = Refusal(
    "wrong", "The code is not right, or it has been used. Enter another of your saved codes."
)

_UNUSED: CompiledQuery[object] = CompiledQuery(
    select(RecoveryCode.id).where(
        RecoveryCode.account_id == bindparam("account"), RecoveryCode.used_at.is_(None)
    )
)


class RecoveryCodes(Factor):
    """Proved by a saved code, which is used up by it.

    RFC 8176 has no value for saved codes; each is a one-time password that was made beforehand.
    """

    name = "recovery_code"
    evidence = Evidence(("otp",), frozenset({FactorKind.POSSESSION}))
    sign_in_page = SignInPage(
        path="recovery-code",
        endpoint="recovery_code",
        template="sign_in/recovery_code.html",
        instead="I do not have my phone: use a recovery code",
    )
    lasting = False
    account_section = "credentials/sections/recovery_codes.html"

    def enrolled(self, account_id: int) -> bool:
        return remaining(account_id) > 0

    def enrolment(self, account: BindParameter[int], /) -> ColumnElement[bool]:
        return exists().where(RecoveryCode.account_id == account, RecoveryCode.used_at.is_(None))

    def prove(
        self, account_id: int | None, answer: str, _challenge: str | None = None, /
    ) -> ProofAccepted | ProofRejected:
        code = _normalise(answer)
        if len(code) != _LENGTH:
            return ProofRejected(INCOMPLETE, counts=False)
        with writing():
            claimed = claim(
                update(RecoveryCode)
                .where(
                    RecoveryCode.account_id == account_id,
                    RecoveryCode.code_hash == _hash(account_id, code),
                    RecoveryCode.used_at.is_(None),
                )
                .values(used_at=now())
            )
        return ProofAccepted(self, self.evidence) if claimed else ProofRejected(WRONG)

    def forget(self, account_id: int, /) -> None:
        rows_changed(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))

    def signed_in(self, account: Account, /) -> None:
        send_disavowable(
            account,
            "credentials/recovery_code_used",
            at=now(),
            remaining=remaining(account.id),
        )

    def summary(self, account_id: int, /) -> str:
        left = remaining(account_id)
        return f"{left} recovery code{'' if left == 1 else 's'} left"

    def parts(self) -> Iterable[Part]:
        yield TAKE_BACKS(
            TakeBack(
                MADE.name,
                "the recovery codes that were made stop working",
                lambda account, _details: self.forget(account.id),
            )
        )

    def section(self, account_id: int, /) -> Mapping[str, object]:
        return {"remaining": remaining(account_id)}


RECOVERY_CODE = RecoveryCodes()


def replace(account_id: int) -> list[str]:
    """Replace all recovery codes and return the new ones, this once.

    Must run inside `writing()`.
    """
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(COUNT)]
    RECOVERY_CODE.forget(account_id)
    db.session.add_all(
        RecoveryCode(account_id=account_id, code_hash=_hash(account_id, code)) for code in codes
    )
    return ["-".join(code[i : i + 4] for i in range(0, _LENGTH, 4)) for code in codes]


def remaining(account_id: int) -> int:
    """Return how many codes have not been used."""
    return len(_UNUSED.all(account=account_id))


def _normalise(answer: str) -> str:
    return re.sub(r"[\s\-]", "", answer).lower().translate(_MISREADINGS)


def _hash(account_id: int | None, code: str) -> str:
    return secret_hash(f"{account_id}:{code}")
