"""The authenticator app: time-based codes (RFC 6238), each time step accepted once.

The steps that were used are rows, not a mark that only moves forward: after a clock that was ahead
is right again, a mark would refuse every code until the time that the clock had shown.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Protocol

import pyotp
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    bindparam,
    delete,
    exists,
    insert,
    literal,
    select,
    update,
)

from app.after_restore import REVIVED, Revived
from app.clock import now
from app.composition import Part
from app.database import CompiledQuery, CompiledStatement, db, writing
from app.database.single_use import claim, insert_unless_present, rows_changed
from app.refusal import Refusal
from app.retention import PURGES, Expired, Purge
from app.vault import decrypt, encrypt
from identity.accounts.models import Account
from identity.credentials.factor import (
    Evidence,
    Factor,
    FactorKind,
    ProofAccepted,
    ProofRejected,
    SetUp,
    SetUpProved,
    SignInPage,
)
from identity.credentials.models import TotpCredential, TotpEnrolment, UsedTotpStep
from identity.credentials.take_back import TAKE_BACKS, Change, Details, TakeBack

ISSUER_NAME = "Secure Access"
STEP_SECONDS = 30
TOLERANCE = 1
KEPT = timedelta(days=2)
_PURPOSE = "totp"

INCOMPLETE = Refusal("incomplete", "Enter all 6 digits.")
CHANGED = "authenticator app"
ADDED = Change(CHANGED, {"former": ""})
"""The change that "this was not me" takes back where no former app is put back."""
USED = Refusal("used", "That code has been used. Wait for the next one in your app.")
WRONG = Refusal("wrong", "The code is not right. Check your phone’s clock is set automatically.")


def _is_used(
    first: int | BindParameter[int], last: int | BindParameter[int]
) -> ColumnElement[bool]:
    """Return whether a step from the first to the last was used with the credential's account."""
    return (
        exists()
        .where(
            UsedTotpStep.account_id == TotpCredential.account_id,
            UsedTotpStep.step.between(first, last),
        )
        .correlate(TotpCredential)
    )


class _SecretRow(Protocol):
    sealed_secret: str


_SECRET: CompiledQuery[_SecretRow] = CompiledQuery(
    select(TotpCredential.sealed_secret).where(TotpCredential.account_id == bindparam("account"))
)
_CLAIM_LAST = CompiledStatement(
    update(TotpCredential)
    .where(
        TotpCredential.account_id == bindparam("account"),
        TotpCredential.sealed_secret == bindparam("sealed"),
        ~_is_used(bindparam("step"), bindparam("latest")),
    )
    .values(last_step=bindparam("step"))
)
_claim_step = insert_unless_present(UsedTotpStep)


class _SetUpApp(SetUp):
    """The state is the encrypted secret, which stays until a code is right."""

    column = "totp_secret"

    def begin(self) -> str:
        return new_sealed_secret()

    def prove(self, state: str, answer: str, /) -> SetUpProved | ProofRejected:
        step = proves(state, answer)
        if isinstance(step, ProofRejected):
            return step

        def store_first(account_id: int, _device: str) -> Change:
            store(account_id, state, step)
            return ADDED

        return SetUpProved(Totp.name, Totp.evidence, store_first)

    def page_values(self, state: str, email: str, /) -> Mapping[str, object]:
        return {"key": text_key(state), "picture": qr_code(state, email), "link": uri(state, email)}


class Totp(Factor):
    """Proved by the code of the present step or one to either side; its use claims the step."""

    name = "totp"
    evidence = Evidence(("otp",), frozenset({FactorKind.POSSESSION}))
    sign_in_page = SignInPage(
        path="code",
        endpoint="code",
        template="sign_in/code.html",
        instead="Use my authenticator app instead",
    )
    set_up = _SetUpApp()
    account_section = "credentials/sections/app.html"

    def section(self, account_id: int, /) -> Mapping[str, object]:
        return {"set_up": self.enrolled(account_id)}

    def enrolled(self, account_id: int) -> bool:
        return _sealed_secret(account_id) is not None

    def enrolment(self, account: BindParameter[int], /) -> ColumnElement[bool]:
        return exists().where(TotpCredential.account_id == account)

    def parts(self) -> Iterable[Part]:
        yield REVIVED(
            Revived(
                "present codes of authenticator apps",
                select_active=acceptable_now,
                end=use_up_present_steps,
            )
        )
        yield PURGES(Purge("used steps of authenticator apps", expired_steps))
        yield TAKE_BACKS(
            TakeBack(CHANGED, "the authenticator app that was set up is removed", take_back)
        )

    def prove(
        self, account_id: int | None, answer: str, _challenge: str | None = None, /
    ) -> ProofAccepted | ProofRejected:
        sealed = _sealed_secret(account_id)
        step = _check_step(sealed, answer) if sealed is not None else ProofRejected(WRONG)
        if isinstance(step, ProofRejected):
            return step
        with writing():
            # The UPDATE also locks the row until the commit, so the secret stays the checked one.
            # A later step that is acceptable now refuses this one; one further ahead was used while
            # the clock was wrong.
            is_unchanged = claim(
                _CLAIM_LAST.with_values(
                    account=account_id, sealed=sealed, step=step, latest=_present_step() + TOLERANCE
                )
            )
            claimed = is_unchanged and _claim_step(account_id=account_id, step=step)
        # A code that was right before is no guess.
        return ProofAccepted(self, self.evidence) if claimed else ProofRejected(USED, counts=False)

    def summary(self, _account_id: int, /) -> str:
        return "authenticator app"

    def forget(self, account_id: int, /) -> None:
        for table in (TotpCredential, TotpEnrolment):
            rows_changed(delete(table).where(table.account_id == account_id))


TOTP = Totp()


def new_sealed_secret() -> str:
    """Return a new encrypted secret of 160 bits (RFC 4226, section 4)."""
    return encrypt(pyotp.random_base32(), purpose=_PURPOSE)


def seal(secret: str) -> str:
    """Encrypt a known secret (demonstrations, tests) for storage."""
    return encrypt(secret, purpose=_PURPOSE)


def proves(sealed_secret: str, answer: str) -> int | ProofRejected:
    """Return the time step of this code, for a secret that is being enrolled."""
    return _check_step(sealed_secret, answer)


def store(account_id: int, sealed_secret: str, step: int) -> None:
    """Make this the person's app, inside `writing()`; the step that proved it is used up."""
    credential = db.session.get(TotpCredential, account_id, populate_existing=True)
    if credential is None:
        credential = TotpCredential(account_id=account_id)
        db.session.add(credential)
    credential.sealed_secret = sealed_secret
    credential.last_step = step
    credential.enrolled_at = now()
    db.session.flush()
    rows_changed(delete(UsedTotpStep).where(UsedTotpStep.account_id == account_id))
    _claim_step(account_id=account_id, step=step)


def change_of(account_id: int) -> Change:
    """Return the change that is about to replace the person's app, for "this was not me"."""
    credential = db.session.get(TotpCredential, account_id)
    return Change(CHANGED, {"former": credential.sealed_secret if credential else ""})


def take_back(account: Account, details: Details) -> None:
    """Put the app of before the change in its place again, or none. Must run inside `writing()`.

    The present steps are used up: somebody may have seen a code.
    """
    TOTP.forget(account.id)
    if details["former"]:
        store(account.id, details["former"], _present_step() + TOLERANCE)
        for step in _acceptable_steps():
            _claim_step(account_id=account.id, step=step)


def text_key(sealed_secret: str) -> str:
    """Return the secret as a person types it: in groups of four."""
    secret = decrypt(sealed_secret, purpose=_PURPOSE)
    return " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))


def uri(sealed_secret: str, email: str) -> str:
    """Return the address that opens an authenticator app on the same device with the secret."""
    secret = decrypt(sealed_secret, purpose=_PURPOSE)
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER_NAME)


def qr_code(sealed_secret: str, email: str) -> str:
    """Return the secret as a picture for the app's camera: a data address of an SVG."""
    import segno

    return str(
        segno.make(uri(sealed_secret, email), error="m", micro=False).svg_data_uri(
            scale=5, border=4, light="white"
        )
    )


def acceptable_now() -> Select[int]:
    """Select the people of whose apps some code would be accepted at this moment."""
    latest = _present_step() + TOLERANCE
    return select(TotpCredential.account_id).where(~_is_used(latest, latest))


def use_up_present_steps() -> None:
    """Use up the present steps, so that no code that was seen counts."""
    for step in _acceptable_steps():
        unused = select(TotpCredential.account_id, literal(step)).where(~_is_used(step, step))
        db.session.execute(insert(UsedTotpStep).from_select(["account_id", "step"], unused))


def expired_steps() -> list[Expired]:
    """Return steps so long past that a clock may be a day late and still accept none again."""
    oldest = _present_step() - KEPT // timedelta(seconds=STEP_SECONDS)
    return [Expired(UsedTotpStep, UsedTotpStep.step < oldest)]


def _sealed_secret(account_id: int | None) -> str | None:
    row = _SECRET.one(account=account_id)
    return row.sealed_secret if row is not None else None


def _acceptable_steps() -> range:
    present = _present_step()
    return range(present - TOLERANCE, present + TOLERANCE + 1)


def _present_step() -> int:
    return int(now().timestamp()) // STEP_SECONDS


class _Codes(pyotp.TOTP):
    """The codes of an app, whose secret is decoded once for all steps that are compared."""

    _decoded: bytes | None = None

    def byte_secret(self) -> bytes:
        """Return the secret."""
        if self._decoded is None:
            self._decoded = super().byte_secret()
        return self._decoded


def _check_step(sealed_secret: str, answer: str) -> int | ProofRejected:
    digits = re.sub(r"[\s\-]", "", answer)
    if not re.fullmatch(r"[0-9]{6}", digits):
        return ProofRejected(INCOMPLETE, counts=False)
    generator = _Codes(decrypt(sealed_secret, purpose=_PURPOSE), interval=STEP_SECONDS)
    matching = [
        step
        for step in _acceptable_steps()
        if hmac.compare_digest(generator.generate_otp(step), digits)
    ]
    return matching[-1] if matching else ProofRejected(WRONG)
