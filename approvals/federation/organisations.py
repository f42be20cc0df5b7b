"""Organisations that operators name when they connect a provider."""

from collections.abc import Iterable

from app.refusal import Refusal, RefusalError
from approvals.organisations import queries


def public_ids(identifiers: Iterable[str]) -> list[str]:
    """Return the public ids of organisations named by id, URN or UID. Raises RefusalError."""
    found = []
    for identifier in identifiers:
        organisation = queries.by_identifier(identifier)
        if organisation is None:
            raise RefusalError(
                Refusal(
                    "unknown_organisation",
                    f"There is no organisation with the identifier {identifier[:60]}.",
                )
            )
        found.append(organisation.public_id)
    return list(dict.fromkeys(found))
