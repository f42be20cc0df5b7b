"""Providers of organisations, at which their people sign in instead of here.

A higher room knows them; the pages of passwords and of signing in ask it.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Protocol

from app.composition import ExtensionPoint
from app.refusal import RefusalError
from identity.accounts.person import Person
from identity.email_address import EmailAddress
from identity.sessions.active_session import ActiveSession
from identity.sessions.origin import Origin


@dataclass(frozen=True)
class OtherProvider:
    """A provider. only: whether its people may not use a password here."""

    connection: str
    name: str
    only: bool


class LinkState(enum.Enum):
    """Whether an identity at a provider is linked to a person's account, or can be."""

    LINKED = enum.auto()
    """An identity there is linked to their account."""
    LINKABLE = enum.auto()
    """An approver of one of their organisations can send them the link to link one."""
    NONE = enum.auto()


class OtherProviders(Protocol):
    """The providers there are. An answer about an address depends on its domain alone."""

    def any(self) -> bool:
        """Return whether there is a provider that somebody could sign in at."""
        ...

    def of_domain(self, domain: str) -> OtherProvider | None:
        """Return the provider of the people with addresses of the domain."""
        ...

    def of_connection(self, public_id: str) -> OtherProvider | None:
        """Return the provider of the connection, if it is in use."""
        ...

    def link_state(self, provider: OtherProvider, account: Person) -> LinkState:
        """Return whether an identity there is linked to the account, or can be."""
        ...

    def accepts(self, origin: Origin) -> bool:
        """Return whether the connection is in use, on the terms that the sign-in there had."""
        ...

    def page(self, journey: str) -> str:
        """Return the path of the page that leads a sign-in there, by its public id."""
        ...


PROVIDERS = ExtensionPoint[OtherProviders]("providers of organisations")


def any_provider() -> bool:
    """Return whether the sign-in page offers the providers of organisations."""
    return any(each.any() for each in PROVIDERS.values())


def provider_of_address(text: str | None) -> OtherProvider | None:
    """Return the provider of a typed email address, the same for every address of its domain."""
    try:
        domain = EmailAddress.parse(text or "").key.rpartition("@")[2]
    except RefusalError:
        return None
    found = (each.of_domain(domain) for each in PROVIDERS.values())
    return next((each for each in found if each is not None), None)


def link_state_at(provider: OtherProvider, account: Person) -> LinkState:
    """Return whether an identity there is linked to the account, or can be."""
    return PROVIDERS.values()[-1].link_state(provider, account)


def provider_of_session(session: ActiveSession) -> OtherProvider | None:
    """Return the provider at which the session began, if it did and the provider is in use."""
    if session.connection is None:
        return None
    found = (each.of_connection(session.connection) for each in PROVIDERS.values())
    return next((each for each in found if each is not None), None)


def is_accepted(origin: Origin) -> bool:
    """Return whether a session may begin with the sign-in at a provider now.

    The connection may have been changed or switched off meanwhile. Read after the account is locked
    (`lock_access`): a change of the connection ends the sessions that began before it.
    """
    return any(each.accepts(origin) for each in PROVIDERS.values())


def page_of_provider(journey: str) -> str:
    """Return the path of the page that leads the journey to its provider."""
    return PROVIDERS.values()[-1].page(journey)
