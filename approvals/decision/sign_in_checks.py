"""Checks of the sign-in beside the decision: suspension, the service's clients, terms of use.

They are no rules of `decide`, because they are about signing in and not about rights
(docs/decisions/0023), and they query the database. The sign-in port asks the same functions that
stand behind these checks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from app.database import db
from app.database.dated_rows import has_ended
from app.days import date_text
from app.refusal import Refusal
from approvals.access_model.definition import UserGroup, highest_minimum
from approvals.decision.decision_types import Rule
from approvals.terms.due import due_terms
from identity.accounts.models import Account
from identity.administration.suspension import suspended_since
from identity.oidc.clients import history
from identity.oidc.models import Client
from identity.sessions.levels import ONE_FACTOR, PHISHING_RESISTANT, TWO_FACTORS, rank


@dataclass(frozen=True, slots=True)
class AccountIsNotClosed(Rule):
    """Rule: the account is not closed at the moment."""

    def __call__(self, account: Account, _service: str, at: datetime) -> Refusal | None:
        if not has_ended(account.closed_at, at):
            return None
        return self.refuse(f"The account was closed on {date_text(account.closed_at)}.")


@dataclass(frozen=True, slots=True)
class AccountIsNotSuspended(Rule):
    """Rule: the account is not suspended at the moment, or is closed, for which there is a rule."""

    def __call__(self, account: Account, _service: str, at: datetime) -> Refusal | None:
        since = suspended_since(account, at)
        if since is None or has_ended(account.closed_at, at):
            return None
        return self.refuse(f"The account has been suspended since {date_text(since)}.")


@dataclass(frozen=True, slots=True)
class PlatformTermsAreAccepted(Rule):
    """Rule: the person has accepted the platform's terms."""

    def __call__(self, account: Account, _service: str, at: datetime) -> Refusal | None:
        for terms in due_terms(account, None, at, newly=False):
            return self.refuse(f"“{terms.title}”, version {terms.version}, has not been accepted.")
        return None


@dataclass(frozen=True, slots=True)
class ServiceTermsAreAccepted(Rule):
    """Rule: the person has accepted the service's terms."""

    def __call__(self, account: Account, service: str, at: datetime) -> Refusal | None:
        platform = {terms.id for terms in due_terms(account, None, at, newly=False)}
        for terms in due_terms(account, service, at, newly=False):
            if terms.id not in platform:
                return self.refuse(
                    f"“{terms.title}”, version {terms.version}, has not been accepted."
                )
        return None


@dataclass(frozen=True, slots=True)
class SomeClientIsEnabled(Rule):
    """A service without any client has not been set up yet, which is no refusal."""

    def __call__(self, _account: Account, service: str, at: datetime) -> Refusal | None:
        clients = history.clients_of(service, at)
        if any(client.enabled for client in clients):
            return None
        if clients:
            names = " and ".join(
                f"{client.name} (disabled since {date_text(client.since)})" for client in clients
            )
            return self.refuse(f"The service has no client that is enabled: {names}.")
        if history.ever_had_client(service, at):
            return self.refuse("The service has no client any more.")
        return None


SIGN_IN: tuple[Callable[[Account, str, datetime], Refusal | None], ...] = (
    AccountIsNotClosed(),
    AccountIsNotSuspended(),
    SomeClientIsEnabled(),
    PlatformTermsAreAccepted(),
    ServiceTermsAreAccepted(),
)


def sign_in_refusals(account: Account, service: str, at: datetime) -> list[Refusal]:
    """Return why the sign-in would stop this person, whatever the organisation."""
    return [refusal for rule in SIGN_IN if (refusal := rule(account, service, at)) is not None]


FACTORS = {
    ONE_FACTOR: "one factor, such as a password",
    TWO_FACTORS: "two factors, or a passkey",
    PHISHING_RESISTANT: "a passkey",
}
"""Levels of a sign-in, by the factors that reach them."""


def needed_level(service: str, groups: Sequence[UserGroup]) -> str | None:
    """Return the level that a sign-in has to reach today; None for a service without a client.

    The service's clients and the user groups each demand a level, and the highest counts.
    """
    registered = db.session.scalars(
        select(Client.registration).where(Client.service == service, Client.disabled_at.is_(None))
    ).all()
    demanded = [each.get("minimum_acr", TWO_FACTORS) for each in registered]
    if (of_groups := highest_minimum(groups)) is not None:
        demanded.append(of_groups)
    return max(demanded, key=rank, default=None)
