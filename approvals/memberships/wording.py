"""Access of people, as codes for the audit and as words for pages and mails."""

from collections.abc import Collection, Iterable
from datetime import datetime

from app.days import date_text, end_in_words
from approvals.memberships.access_changes import HeldGroup
from approvals.memberships.catalogue import Catalogue

NOTHING = "no access"
ENDINGS = {
    "removed": "Removed from the organisation",
    "left": "Left the organisation",
    "invitation withdrawn": "The invitation was withdrawn",
    "invitation lapsed": "The invitation ran out and was not sent again",
    "accounts joined": "Joined two accounts and went on with the other one",
    "declined": "Said that the invitation was not for them",
    "joined already": "Belonged to the organisation through another invitation",
    "organisation merged": "Moved to another organisation",
}
"""Causes for which memberships end, in words."""


def last_day(valid_to: datetime | None) -> str:
    """Return the last day on which a grant counts, as `30 April 2027`; empty where it has no end.

    An end that is no midnight in London, such as an early end, is returned with its time.
    """
    return end_in_words(valid_to) if valid_to else ""


def access_codes(grants: Iterable[HeldGroup]) -> dict[str, list[str]]:
    """Return codes of user groups by service, for the audit."""
    codes: dict[str, list[str]] = {}
    for grant in grants:
        codes.setdefault(grant.service, []).append(grant.user_group)
    return {service: sorted(groups) for service, groups in sorted(codes.items())}


def describe_groups(grants: Collection[HeldGroup], service: str, at: datetime) -> str:
    """Return `School Named from 1 January 2027 until 30 April 2027`, or `no access`."""
    catalogue = Catalogue(at)
    parts = [
        catalogue.group_name(service, grant.user_group)
        + (f" from {date_text(grant.starts_at)}" if grant.starts_at else "")
        + (f" until {last_day(grant.valid_to)}" if grant.valid_to else "")
        for grant in grants
        if grant.service == service
    ]
    return " and ".join(sorted(parts)) or NOTHING


def change_in_words(
    service: str, before: Collection[HeldGroup], after: Collection[HeldGroup], at: datetime
) -> str:
    """Return `from School Anon to School Named`."""
    old, new = describe_groups(before, service, at), describe_groups(after, service, at)
    return f"from {old} to {new}"
