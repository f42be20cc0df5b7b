"""The badge: its challenge, its proof and its pages."""

from __future__ import annotations

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
    Factor,
    FactorKind,
    ProofAccepted,
    ProofRejected,
    SignInPage,
)
from identity.sessions.current_session import signed_in_session
from identity.sessions.step_up import freshly_signed_in

WRONG = Refusal("wrong", "The badge did not answer the challenge.")


def answer_of(account_id: int, challenge: str) -> str:
    """Return what the person's badge shows for the challenge."""
    return f"badge {account_id} says {challenge}"


class Badge(Factor):
    """Proved by the badge's answer to the journey's challenge."""

    name = "badge"
    amr = "hwk"
    kinds = frozenset({FactorKind.POSSESSION})
    phishing_resistant = True
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

    def challenge(self, _account_id: int, /) -> str:
        return secrets.token_hex(8)

    def prove(
        self, account_id: int | None, answer: str, challenge: str | None = None, /
    ) -> ProofAccepted | ProofRejected:
        if account_id not in self.owners or challenge is None:
            return ProofRejected(WRONG)
        if answer != answer_of(account_id, challenge):
            return ProofRejected(WRONG)
        return ProofAccepted(self)

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
