"""Passkeys: WebAuthn credentials that sign a challenge, and verify their user if asked to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    bindparam,
    delete,
    exists,
    select,
    true,
    update,
)

from app.actors import ANONYMOUS
from app.audit import record
from app.clock import now
from app.composition import Part
from app.database import CompiledQuery, db, writing
from app.database.single_use import account_parameter, claim, insert_unless_present, rows_changed
from app.identifiers import new_secret
from app.refusal import Refusal, RefusalError
from identity.accounts.models import Account
from identity.credentials import reset, reset_links, webauthn_ceremonies
from identity.credentials.factor import (
    Evidence,
    Factor,
    FactorKind,
    ProofAccepted,
    ProofRejected,
    SetUp,
    SetUpProved,
    SignInPage,
    WholeSignIn,
)
from identity.credentials.models import Passkey, PasskeyEnrolment, PasskeyUser
from identity.credentials.take_back import TAKE_BACKS, Change, Details, TakeBack
from identity.credentials.webauthn_ceremonies import CredentialRecord, SignedChallenge

MOST = 10
LONGEST_NAME = 60
FIELD = "assertion"
ADDED, REMOVED, COPIED = "passkey", "removed passkey", "copied passkey"
REFUSED = Refusal(
    "refused",
    "That passkey does not sign you in. Try again, or use your email address and password.",
)
_IDS: CompiledQuery[object] = CompiledQuery(
    select(Passkey.id).where(Passkey.account_id == bindparam("account"))
)
_add_user = insert_unless_present(PasskeyUser)
_add_passkey = insert_unless_present(Passkey)


class _SetUpPasskey(SetUp):
    """The state is a challenge, which counts once, and the user handle of the account to be."""

    column = "passkey_enrolment"
    once = True

    def begin(self) -> str:
        return json.dumps({"challenge": new_secret(), "handle": new_secret()})

    def prove(self, state: str, answer: str, /) -> SetUpProved | ProofRejected:
        begun = json.loads(state)
        try:
            credential = webauthn_ceremonies.check_registration(answer, begun["challenge"])
        except RefusalError as error:
            return ProofRejected(error.refusal)

        def store_first(account_id: int, device: str) -> Change:
            _add_user(account_id=account_id, handle=begun["handle"])
            passkey = store(account_id, credential, device[:LONGEST_NAME])
            if passkey is None:
                raise RefusalError(webauthn_ceremonies.NOT_ACCEPTED)
            return change_added(passkey)

        return SetUpProved(Passkeys.name, evidence_of_registration(credential), store_first)

    def page_values(self, state: str, email: str, /) -> Mapping[str, object]:
        begun = json.loads(state)
        options = webauthn_ceremonies.creation_options(
            begun["challenge"], begun["handle"], email, "", []
        )
        return {"options": json.dumps(options)}


class Passkeys(Factor):
    """Proved by a signature on the challenge. With user verification it is the whole sign-in.

    The verification (a PIN, a fingerprint, a face) is the second kind of factor. A key that is
    copied between devices is a software key in the terms of RFC 8176, any other a hardware key.
    """

    name = "passkey"
    evidence = Evidence(
        ("hwk", "user"), frozenset({FactorKind.POSSESSION}), phishing_resistant=True
    )
    has_challenge = True
    guessable = False
    sign_in_page = SignInPage(
        path="passkey",
        endpoint="passkey",
        template="sign_in/passkey.html",
        instead="Use a passkey instead",
        field=FIELD,
        longest=webauthn_ceremonies.LONGEST_ANSWER,
    )
    whole_sign_in = WholeSignIn(
        path="with-passkey",
        template="sign_in/with_passkey.html",
        field=FIELD,
        longest=webauthn_ceremonies.LONGEST_ANSWER,
        refusal=REFUSED,
    )
    set_up = _SetUpPasskey()
    account_section = "credentials/sections/passkeys.html"

    def available(self) -> bool:
        return webauthn_ceremonies.relying_party() is not None

    def enrolled(self, account_id: int) -> bool:
        return self.available() and count(account_id) > 0

    def enrolment(self, account: BindParameter[int], /) -> ColumnElement[bool]:
        return exists().where(Passkey.account_id == account)

    def challenge(self, _account_id: int | None, /) -> str:
        return new_secret()

    def account_of(self, answer: str, /) -> int | None:
        credential_id, handle = webauthn_ceremonies.named_credential(answer)
        found: int | None = db.session.scalar(
            select(Passkey.account_id)
            .join(PasskeyUser, PasskeyUser.account_id == Passkey.account_id)
            .where(Passkey.credential_id == credential_id, PasskeyUser.handle == handle)
        )
        return found

    def page_values(self, account_id: int | None, challenge: str | None, /) -> Mapping[str, object]:
        if challenge is None:
            return {"options": None}
        allowed = [
            (each.credential_id, list(each.transports))
            for each in (passkeys_of(account_id) if account_id is not None else [])
        ]
        options = webauthn_ceremonies.request_options(challenge, allowed)
        return {"options": json.dumps(options), "autofill": account_id is None}

    def prove(
        self, account_id: int | None, answer: str, challenge: str | None = None, /
    ) -> ProofAccepted | ProofRejected:
        credential_id, handle = webauthn_ceremonies.named_credential(answer)
        passkey = db.session.execute(
            select(Passkey.id, Passkey.public_key, Passkey.sign_count, Passkey.backup_eligible)
            .join(PasskeyUser, PasskeyUser.account_id == Passkey.account_id)
            .where(
                Passkey.credential_id == credential_id,
                Passkey.account_id == account_parameter(account_id),
                true() if handle is None else PasskeyUser.handle == handle,
            )
        ).first()
        if passkey is None or challenge is None:
            return ProofRejected(REFUSED)
        try:
            signed = webauthn_ceremonies.check_signature(answer, challenge, passkey.public_key)
        except RefusalError:
            return ProofRejected(REFUSED)
        if signed.backup_eligible != passkey.backup_eligible or not _record_use(
            passkey.id, passkey.sign_count, signed
        ):
            return ProofRejected(REFUSED)
        copied, verified = passkey.backup_eligible, signed.user_verified
        return ProofAccepted(self, _evidence(copied=copied, verified=verified))

    def forget(self, account_id: int, /) -> None:
        for table in (PasskeyEnrolment, Passkey, PasskeyUser):
            rows_changed(delete(table).where(table.account_id == account_id))

    def section(self, account_id: int, /) -> Mapping[str, object]:
        passkeys = passkeys_of(account_id)
        return {"passkeys": passkeys, "most": MOST, "full": len(passkeys) >= MOST}

    def summary(self, account_id: int, /) -> str:
        held = count(account_id)
        return f"{held} passkey{'' if held == 1 else 's'}"

    def parts(self) -> Iterable[Part]:
        yield TAKE_BACKS(
            TakeBack(ADDED, "the passkey that was added is removed", _take_back_added),
            TakeBack(COPIED, "the passkey that may have been copied is removed", _take_back_added),
            TakeBack(REMOVED, "the passkey that was removed works again", _take_back_removed),
        )


PASSKEY = Passkeys()


def count(account_id: int) -> int:
    """Return how many passkeys the person has."""
    return len(_IDS.all(account=account_id))


def passkeys_of(account_id: int) -> list[Passkey]:
    """Return the person's passkeys, the oldest first."""
    return list(
        db.session.scalars(
            select(Passkey).where(Passkey.account_id == account_id).order_by(Passkey.id)
        )
    )


def handle_of(account_id: int) -> str:
    """Return the person's user handle, made at the first call. Must run inside `writing()`."""
    _add_user(account_id=account_id, handle=new_secret())
    return db.session.scalars(
        select(PasskeyUser.handle).where(PasskeyUser.account_id == account_id)
    ).one()


def handle_found(account_id: int) -> str | None:
    """Return the person's user handle, or None before their first passkey."""
    found: str | None = db.session.scalar(
        select(PasskeyUser.handle).where(PasskeyUser.account_id == account_id)
    )
    return found


def store(account_id: int, credential: CredentialRecord, name: str) -> Passkey | None:
    """Store a credential as a passkey of the person; None where its id is taken.

    Must run inside `writing()`.
    """
    if not _add_passkey(account_id=account_id, name=name, **asdict(credential)):
        return None
    return db.session.scalars(
        select(Passkey).where(Passkey.credential_id == credential.credential_id)
    ).one()


def evidence_of_registration(credential: CredentialRecord) -> Evidence:
    """Return the value of having made the passkey: every registration verifies its user."""
    return _evidence(copied=credential.backup_eligible, verified=True)


def change_added(passkey: Passkey) -> Change:
    """Return the change that "this was not me" takes back after a passkey was added."""
    return Change(ADDED, {"passkey": passkey.public_id})


def change_removed(passkey: Passkey) -> Change:
    """Return the change that "this was not me" takes back after a passkey was removed."""
    credential = {name: getattr(passkey, name) for name in CredentialRecord.__dataclass_fields__}
    return Change(REMOVED, {"name": passkey.name, "credential": json.dumps(credential)})


def _take_back_added(account: Account, details: Details) -> None:
    rows_changed(
        delete(Passkey).where(
            Passkey.account_id == account.id, Passkey.public_id == details["passkey"]
        )
    )


def _take_back_removed(account: Account, details: Details) -> None:
    if count(account.id) < MOST:
        store(account.id, CredentialRecord(**json.loads(details["credential"])), details["name"])


def _record_use(passkey_id: int, known_count: int, signed: SignedChallenge) -> bool:
    """Record the use; False where the sign count says that the key was copied (section 7.2).

    Authenticators without a counter always show 0.
    """
    if (known_count or signed.sign_count) and signed.sign_count <= known_count:
        passkey = db.session.get_one(Passkey, passkey_id)
        with writing():
            account = db.session.get_one(Account, passkey.account_id)
            record(
                "passkey.sign_count_regressed",
                actor=ANONYMOUS,
                subject=account.subject,
                passkey=passkey.public_id,
                shown=signed.sign_count,
                known=known_count,
            )
            _announce_copy(account, passkey)
        return False
    with writing():
        return claim(
            update(Passkey)
            .where(Passkey.id == passkey_id, Passkey.sign_count == known_count)
            .values(sign_count=signed.sign_count, backed_up=signed.backed_up, last_used_at=now())
        )


def _announce_copy(account: Account, passkey: Passkey) -> None:
    """Mail the owner that the passkey may have been copied, unless an earlier mail still counts."""
    change = Change(COPIED, {"passkey": passkey.public_id})
    if account.active and not reset_links.is_announced(account, change):
        reset.send_disavowable(
            account, "credentials/passkey_copied", change=change, at=now(), passkey=passkey.name
        )


def _evidence(*, copied: bool, verified: bool) -> Evidence:
    kinds = frozenset(FactorKind) if verified else Passkeys.evidence.kinds
    return Evidence(("swk" if copied else "hwk", "user"), kinds, phishing_resistant=True)
