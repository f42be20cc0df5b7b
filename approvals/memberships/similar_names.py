"""People whose name or address is nearly what a search looks for: `dogwod` finds Dogwood."""

from datetime import datetime

from sqlalchemy import select

from app.text_search import search_words, similar_keys
from approvals.memberships.member_filters import MemberFilters, conditions
from approvals.memberships.models import Membership
from identity.accounts.models import Account, Invitation


def similar_people(organisation_id: int, filters: MemberFilters, at: datetime) -> list[int]:
    """Return the keys of memberships that resemble the search and match the other filters.

    The most similar come first. The statement reads the people of one organisation, by an index.
    """
    of_organisation = (
        select(Membership.id)
        .outerjoin(Account, Account.id == Membership.account_id)
        .outerjoin(Invitation, Invitation.id == Membership.invitation_id)
        .where(
            Membership.organisation_id == organisation_id,
            Membership.open,
            *conditions(filters.without_search(), at),
        )
    )
    return similar_keys(
        of_organisation, Membership.id, Membership.search_text, search_words(filters.search)
    )
