"""Reads for the form that adds a person."""

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from app.refusal import Refusal, RefusalError
from approvals.memberships import facts, queries, rules
from approvals.memberships.addition_form import services_on_form
from approvals.memberships.catalogue import Catalogue, ServiceOffer
from approvals.memberships.models import Membership
from approvals.organisations.models import Organisation
from approvals.remits.in_words import ScopeSchools, schools_of_scopes
from approvals.remits.remit import Scope
from identity.accounts.address_typos import likely_meant
from identity.accounts.invitation_limits import limit_on
from identity.accounts.shared_addresses import SHARED_ADDRESS, is_shared
from identity.email_address import EmailAddress


@dataclass(frozen=True)
class AddressCheck:
    """An address that was typed. meant: another one that was probably meant."""

    refusal: Refusal | None = None
    meant: str | None = None


@dataclass(frozen=True)
class FormPage:
    """The form's page. schools: of each scope. known: the member at that address.

    more_services: whether pages of their own follow.
    """

    schools: Mapping[Scope, ScopeSchools]
    known: Membership | None
    more_services: bool


def check_address(organisation: Organisation, email: EmailAddress, at: datetime) -> AddressCheck:
    """Judge an address before the person is added. `add_member` judges it again."""
    known = facts.open_membership(organisation.id, email)
    if known is not None:
        return AddressCheck(rules.ALREADY_MEMBER if known.joined_at else rules.ALREADY_INVITED)
    refusal = SHARED_ADDRESS if is_shared(email) else limit_on(organisation.public_id, email, at)
    if refusal is not None:
        return AddressCheck(refusal)
    return AddressCheck(meant=likely_meant(email, queries.domains_of(organisation.id)))


def question(meant: str) -> Refusal:
    """Return the error beside an address that was probably mistyped."""
    return Refusal(
        "address_unlikely", f"Check the address. Did you mean {meant}? Correct it or confirm it."
    )


def form_page(organisation: Organisation, typed: str | None, at: datetime) -> FormPage:
    """Return the facts that the form shows beside its fields."""
    offers = Catalogue(at).offers(organisation)
    together = services_on_form(offers)
    known = None
    with suppress(RefusalError):
        known = facts.open_membership(organisation.id, EmailAddress.parse(typed or ""))
    return FormPage(
        schools=schools_of_offers(organisation, together, at),
        known=known,
        more_services=len(together) < len(offers),
    )


def schools_of_offers(
    organisation: Organisation, offers: Iterable[ServiceOffer], at: datetime
) -> dict[Scope, ScopeSchools]:
    """Return the schools that the user groups of the offers open, by their scope."""
    scopes = [group.schools for offer in offers for group in offer.groups]
    return schools_of_scopes(organisation, scopes, at)
