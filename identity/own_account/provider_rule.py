"""A move of an account to an address whose domain has a provider of its own.

Such people may have to sign in there (`OtherProvider.only`). The address decides at the next
sign-in, so a person who could not follow keeps their present address.
"""

from __future__ import annotations

from app.refusal import Refusal
from identity.accounts.person import Person
from identity.credentials.other_providers import (
    LinkState,
    OtherProvider,
    link_state_at,
    provider_of_address,
)
from identity.credentials.registry import has_lasting_way_in
from identity.email_address import EmailAddress


def provider_required_at(email: EmailAddress) -> OtherProvider | None:
    """Return the provider at which people with the address have to sign in, or None."""
    provider = provider_of_address(email.text)
    return provider if provider is not None and provider.only else None


def why_not_moved(account: Person, email: EmailAddress) -> Refusal | None:
    """Return why the account cannot get the address: its person could not sign in any more."""
    provider = provider_required_at(email)
    if provider is None or link_state_at(provider, account) is not LinkState.NONE:
        return None
    domain = email.key.rpartition("@")[2]
    return Refusal(
        "address_of_another_provider",
        f"People with an address at {domain} sign in with {provider.name} only, which none of the "
        "organisations of this account uses. Use another address.",
    )


def why_not_confirmed(account: Person) -> Refusal | None:
    """Return why the person could confirm no change of their address, or None.

    A confirmation needs own factors. People who have none and may not set up any here cannot give
    it, and a sign-in at the provider opens the organisations of that provider alone.
    """
    provider = provider_required_at(account.address)
    if provider is None or has_lasting_way_in(account.id):
        return None
    return Refusal(
        "address_without_own_factors",
        f"This person signs in with {provider.name} only and has no password here, so they could "
        "not confirm another address. Invite them at the new address, and remove them at this one "
        "when they have joined.",
    )


def provider_to_link(account: Person, email: EmailAddress) -> OtherProvider | None:
    """Return the required provider of which the person has linked no identity yet, or None."""
    provider = provider_required_at(email)
    if provider is None or link_state_at(provider, account) is LinkState.LINKED:
        return None
    return provider
