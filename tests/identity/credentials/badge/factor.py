"""The badge: its challenge, its proof and its pages."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from app.audit import EVENTS, Event
from app.composition import Part
from app.refusal import Refusal
from app.web.authorisation import permit
from app.web.pages import PAGES, Pages
from identity.credentials.factor import (
    Evidence,
    Factor,
    FactorKind,
    ProofAccepted,
    ProofRejected,
    SignInPage,
    WholeSignIn,
)
from identity.sessions.current_session import signed_in_session
from identity.sessions.step_up import freshly_signed_in

WRONG = Refusal("wrong", "The badge did not answer the challenge.")

REFUSED = Refusal("refused", "Your badge does not sign you in.")


def answer_of(account_id: int, challenge: str) -> str:
    """Return what the person's badge shows for the challenge."""
    return f"badge {account_id} says {challenge}"


class Badge(Factor):
    """Proved by the badge's answer to the journey's challenge."""

    name = "badge"
    evidence = Evidence(("hwk",), frozenset({FactorKind.POSSESSION}), phishing_resistant=True)
    has_challenge = True
    sign_in_page = SignInPage(
        path="badge",
        endpoint="badge",
        template="badge/sign_in.html",
        instead="Use my badge instead",
        field="answer",
    )
    account_section = "badge/section.html"

    def __init__(self) -> None:
        self.owners: set[int] = set()
        self.signed_in_with: list[str] = []

    def enrolled(self, account_id: int) -> bool:
        return account_id in self.owners

    def challenge(self, _account_id: int | None, /) -> str:
        return secrets.token_hex(8)

    def prove(
        self, account_id: int | None, answer: str, challenge: str | None = None, /
    ) -> ProofAccepted | ProofRejected:
        if account_id not in self.owners or challenge is None:
            return ProofRejected(WRONG)
        if answer != answer_of(account_id, challenge):
            return ProofRejected(WRONG)
        return ProofAccepted(self, self.evidence)

    def forget(self, account_id: int, /) -> None:
        self.owners.discard(account_id)

    def signed_in(self, account: object, /) -> None:
        self.signed_in_with.append(str(account))

    def section(self, account_id: int, /) -> Mapping[str, object]:
        return {"set_up": account_id in self.owners}

    def parts(self) -> Iterable[Part]:
        pages = Blueprint(
            "badge", __name__, template_folder=str(Path(__file__).parent / "templates")
        )

        @pages.get("/account/badge")
        @permit(freshly_signed_in)
        def back() -> ResponseReturnValue:
            return redirect(url_for("credentials.second_step"), code=303)

        @pages.post("/account/badge")
        @permit(freshly_signed_in)
        def set_up() -> ResponseReturnValue:
            self.owners.add(signed_in_session().account_id)
            return redirect(url_for("credentials.second_step"), code=303)

        yield EVENTS(Event("badge.set_up", "{actor} set up a badge."))
        yield PAGES(Pages(pages))


class BadgeWithPin(Badge):
    """A badge that answers after its PIN: it may be the whole sign-in."""

    evidence = Evidence(("hwk", "user"), frozenset(FactorKind), phishing_resistant=True)
    guessable = False
    whole_sign_in = WholeSignIn(
        path="with-badge",
        template="badge/whole.html",
        field="answer",
        longest=100,
        refusal=REFUSED,
    )

    def account_of(self, answer: str, /) -> int | None:
        found = re.match(r"badge ([0-9]+) says ", answer)
        return int(found.group(1)) if found is not None else None
