"""Remits that the holder of a token may read: the person's own, or one of the service's people."""

from datetime import datetime

from app.clock import now
from app.refusal import RefusalError
from approvals.decision import decision as decisions
from approvals.organisations import queries
from approvals.remit_api.service_access import is_of_service
from approvals.remits.remit import Remit, remit_of, remit_of_key
from identity.accounts.person import Person


def remit_of_person(
    account: Person, service: str | None, organisation: str | None, as_of: datetime
) -> Remit:
    """Return the schools that a person may see now in the token's service and organisation.

    as_of: the moment of the list. Raises RefusalError.
    """
    found = queries.by_public_id(organisation or "")
    if service is None or found is None:
        sentence = "The token is without a service or an organisation."
        raise RefusalError.of("no_organisation", sentence)
    decision = decisions.decide(account, service, found, now())
    if not decision.allowed or decision.remit is None:
        sentence = "The person may not enter the service any more."
        raise RefusalError.of("not_allowed", sentence)
    return remit_of(found, decision.remit.scope, as_of)


def remit_for_service(
    kind: str, key: str | None, service: str | None, as_of: datetime
) -> Remit | None:
    """Return a remit that a token names, or None if it is of none of the service's people now."""
    remit = remit_of_key(kind, key, as_of)
    if remit is None or service is None or not is_of_service(remit, service, now()):
        return None
    return remit
