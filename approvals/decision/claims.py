"""Claims about a service's access in tokens and userinfo: each claim one entry of `CLAIMS`.

An entry has its name, the scope that gives it, its source and its sentence in the claim dictionary;
discovery and the dictionary follow the list. A source that answers None leaves its claim out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from flask import current_app

from app.clock import day_of
from app.database import read_together
from app.settings import settings
from approvals.access_cache import get_or_load, revisions_of
from approvals.access_model.definition import ServiceDefinition, highest_minimum
from approvals.decision import decision, queries
from approvals.decision.decision import AccessDecision
from approvals.decision.decision_types import Decision
from approvals.decision.facts import OrganisationFacts
from approvals.organisations import queries as organisations
from approvals.organisations.dfe import dfe_organisation
from approvals.organisations.models import Organisation
from approvals.remits.remit import remit_of
from approvals.terms import queries as terms
from approvals.terms.queries import TermsStatus
from identity.accounts.person import Person
from identity.ports import ClaimDescription, ServiceClaims

LISTED_UP_TO = 50
"""A remit of so many schools or fewer is listed in the token itself."""

_KEY = "secure_access.register_claims"
_KEPT = 5_000


@dataclass(frozen=True)
class Source:
    """Source of the claims of one person, for one service and organisation."""

    service: ServiceDefinition
    about: OrganisationFacts
    decision: Decision
    terms: TermsStatus
    at: datetime

    @cached_property
    def organisation(self) -> Organisation:
        found = organisations.by_public_id(self.about.public_id)
        if found is None:
            raise LookupError(f"{self.about.name} was decided about and is gone")
        return found


@dataclass(frozen=True)
class Claim:
    """One claim of a service's access, and its sentence in the claim dictionary."""

    name: str
    scope: str
    source: Callable[[Source], object]
    sentence: str


def of_the_register(make: Callable[[Source], object]) -> Callable[[Source], object]:
    """Cache a claim that the register alone determines, for the life of the process.

    It is kept by the register's revision, the organisation's row and the day, all asked of the
    database each time, so that nothing has to be told when they change. Callers leave it unchanged.
    """

    def answer(source: Source) -> object:
        kept: dict[object, object] = current_app.extensions.setdefault(_KEY, {})
        about, scope = source.about, source.decision.remit
        day = day_of(source.at)
        key = (make, about.revision, about.public_id, about.updated_at, scope, day)
        if key not in kept:
            if len(kept) >= _KEPT:
                kept.clear()
            kept[key] = make(source)
        return kept[key]

    return answer


def _user_group(source: Source) -> dict[str, str] | None:
    if not source.service.one_user_group:
        return None
    group = source.decision.user_groups[0]
    return {"code": group.code, "name": group.name}


def _user_groups(source: Source) -> list[dict[str, str]] | None:
    if source.service.one_user_group:
        return None
    return [{"code": group.code, "name": group.name} for group in source.decision.user_groups]


@of_the_register
def _organisation(source: Source) -> dict[str, object]:
    return dfe_organisation(source.organisation, source.at)


@of_the_register
def _remit(source: Source) -> dict[str, object] | None:
    scope = source.decision.remit
    if scope is None:
        return None
    remit = remit_of(source.organisation, scope.scope, source.at)
    address = f"{settings().issuer}/api/remits/{remit.kind}"
    claim: dict[str, object] = {
        "kind": remit.kind,
        "key": remit.key,
        "count": remit.count,
        "version": remit.version,
        "address": f"{address}/{remit.key}" if remit.key is not None else address,
    }
    if remit.count <= LISTED_UP_TO:
        claim["schools"] = [school.urn for school in remit.schools]
    return claim


def _terms(source: Source) -> dict[str, object] | None:
    accepted = source.terms.accepted
    if accepted is None:
        return None
    at = accepted.at.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return {"version": accepted.number, "accepted_at": f"{at.isoformat()}Z"}


CLAIMS = (
    Claim(
        "organisation",
        "organisation",
        _organisation,
        "The organisation that the person chose, in the shape of DfE Sign-in.",
    ),
    Claim(
        "user_group",
        "access",
        _user_group,
        "The person's user group: its code and name. Only for services that allow one per person.",
    ),
    Claim(
        "user_groups",
        "access",
        _user_groups,
        "The person's user groups, each with code and name. Only for services that allow several.",
    ),
    Claim(
        "capabilities",
        "access",
        lambda source: source.service.in_order(source.decision.capabilities),
        "Capabilities of the person in the service. Base decisions on these, never on the user "
        "group.",
    ),
    Claim(
        "environment",
        "access",
        lambda source: source.decision.environment,
        "Environment: live or training. In training show only made-up schools, whatever the other "
        "claims.",
    ),
    Claim(
        "remit",
        "access",
        _remit,
        "Schools whose data the person may see: kind and key of the body, number of schools, a "
        "version that changes with the list, an address to read it from, and the URNs if there "
        f"are {LISTED_UP_TO} or fewer.",
    ),
    Claim(
        "terms",
        "access",
        _terms,
        "The newest version of the service's terms of use that the person accepted, and the time.",
    ),
)


def claims(account: Person, service: str, organisation: str, at: datetime) -> ServiceClaims | None:
    """Return the claims by scope, or None if the decision refuses. Callers leave them unchanged."""

    def load() -> tuple[ServiceClaims | None, list[datetime | None]]:
        revisions = revisions_of(account)
        rows, rows_of_terms = read_together(
            queries.query_of_one(account.id, service, organisation, at),
            terms.query_of_status(account, service, at),
        )
        status = terms.store_status(rows_of_terms, account, revisions, service, at)
        facts = queries.facts_in(rows, service, at)
        moments = facts.moments() if facts else []
        answer = decision.decide_from(facts, service, organisation, at)
        return _by_scope(answer, status, at), [*moments, *status.changes_at]

    return get_or_load(account, ("claims", service, organisation), at, load)


def _by_scope(answer: AccessDecision, status: TermsStatus, at: datetime) -> ServiceClaims | None:
    definition = answer.facts.service
    if definition is None or not answer.decision.allowed:
        return None
    source = Source(definition, answer.organisation, answer.decision, status, at)
    by_scope: dict[str, dict[str, object]] = {}
    for claim in CLAIMS:
        value = claim.source(source)
        if value is not None:
            by_scope.setdefault(claim.scope, {})[claim.name] = value
    return ServiceClaims(
        by_scope,
        highest_minimum(answer.decision.user_groups),
        changes_at=answer.facts.next_change(at),
    )


def descriptions() -> list[ClaimDescription]:
    """Return the entries of the claim dictionary."""
    return [ClaimDescription(claim.name, claim.scope, claim.sentence) for claim in CLAIMS]
