"""The page about access that waits for a second approver."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.refusal import Refusal
from approvals.access_model.definition import UserGroup
from approvals.memberships import facts
from approvals.memberships.catalogue import Catalogue
from approvals.memberships.models import Membership
from approvals.memberships.sensitive_rules import may_agree
from approvals.memberships.waiting_access import WaitingAccess
from approvals.organisations.models import Organisation
from identity.accounts.person import Person


@dataclass(frozen=True)
class WaitingAccessPage:
    """Access that waits for a second approver. own: whether the reader gave it.

    refusal: why the reader cannot agree.
    """

    organisation: Organisation
    person: Membership
    waiting: WaitingAccess
    groups: Sequence[UserGroup]
    own: bool
    refusal: Refusal | None


def waiting_access_page(waiting: WaitingAccess, reader: Person, at: datetime) -> WaitingAccessPage:
    """Return access that waits, as one of its deciders or the person who gave it sees it."""
    asker = facts.person_of(waiting.decision.asked_by)
    own = asker is not None and asker.id == reader.id
    services = Catalogue(at)
    groups = [services.group(waiting.service, code) for code in waiting.user_groups]
    return WaitingAccessPage(
        organisation=waiting.organisation,
        person=waiting.membership,
        waiting=waiting,
        groups=[group for group in groups if group is not None],
        own=own,
        refusal=may_agree(
            waiting.deciders(at),
            decider=reader.id,
            asker=asker.id if asker else None,
            receiver=waiting.membership.account_id,
        ),
    )
