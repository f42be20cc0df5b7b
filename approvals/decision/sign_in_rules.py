"""Rules of the sign-in beside the decision: suspension, the service's clients, terms of use.

They are no rules of `decide`, because they are about signing in and not about rights
(docs/decisions/0023). The sign-in port asks the same functions that stand behind these rules.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.days import shown
from approvals.decision.decision_types import ALLOWED, Failure, Outcome, Reason
from approvals.terms.due import due_terms
from identity.accounts.models import Account
from identity.administration.suspension import suspended_since
from identity.oidc.clients import history


@dataclass(frozen=True, slots=True)
class AccountIsNotSuspended:
    """Rule: the account is not suspended at the moment."""

    def __call__(self, account: Account, _service: str, at: datetime) -> Outcome:
        since = suspended_since(account, at)
        if since is None:
            return ALLOWED
        return Failure(f"The account has been suspended since {shown(since)}.")


@dataclass(frozen=True, slots=True)
class PlatformTermsAreAccepted:
    """Rule: the person has accepted the platform's terms."""

    def __call__(self, account: Account, _service: str, at: datetime) -> Outcome:
        for terms in due_terms(account, None, at, newly=False):
            return Failure(f"“{terms.title}”, version {terms.version}, has not been accepted.")
        return ALLOWED


@dataclass(frozen=True, slots=True)
class ServiceTermsAreAccepted:
    """Rule: the person has accepted the service's terms."""

    def __call__(self, account: Account, service: str, at: datetime) -> Outcome:
        platform = {terms.id for terms in due_terms(account, None, at, newly=False)}
        for terms in due_terms(account, service, at, newly=False):
            if terms.id not in platform:
                return Failure(f"“{terms.title}”, version {terms.version}, has not been accepted.")
        return ALLOWED


@dataclass(frozen=True, slots=True)
class SomeClientIsEnabled:
    """A service without any client has not been set up yet, which is no refusal."""

    def __call__(self, _account: Account, service: str, at: datetime) -> Outcome:
        clients = history.clients_of(service, at)
        if any(client.enabled for client in clients):
            return ALLOWED
        if clients:
            names = " and ".join(
                f"{client.name} (disabled since {shown(client.since)})" for client in clients
            )
            return Failure(f"The service has no client that is enabled: {names}.")
        if history.ever_had_client(service, at):
            return Failure("The service has no client any more.")
        return ALLOWED


SIGN_IN: tuple[Callable[[Account, str, datetime], Outcome], ...] = (
    AccountIsNotSuspended(),
    SomeClientIsEnabled(),
    PlatformTermsAreAccepted(),
    ServiceTermsAreAccepted(),
)


def sign_in_refusals(account: Account, service: str, at: datetime) -> list[Reason]:
    """Return why the sign-in would stop this person, whatever the organisation."""
    outcomes = [(rule, rule(account, service, at)) for rule in SIGN_IN]
    return [
        Reason(type(rule).__name__, outcome.sentence)
        for rule, outcome in outcomes
        if isinstance(outcome, Failure)
    ]
