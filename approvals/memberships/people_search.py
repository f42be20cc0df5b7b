"""Searches of people among all organisations, by words of their names and addresses."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Select, and_, or_, select

from app.database import db
from app.text_search import MOST_WORDS, contains_words, search_words, similar_keys
from approvals.memberships.models import Membership
from identity.accounts.models import Account


def is_called(search: str) -> ColumnElement[bool]:
    """Return the condition that each word begins a name or the address of an account.

    For people who have, or had, a membership a part of a name or address is enough, and accents
    and apostrophes do not count.
    """
    begins = [
        or_(
            Account.email_key.startswith(word.casefold(), autoescape=True),
            Account.family_name.istartswith(word, autoescape=True),
            Account.given_name.istartswith(word, autoescape=True),
        )
        for word in search.split()[:MOST_WORDS]
    ]
    words = contains_words(Membership.search_text, search_words(search))
    return or_(and_(*begins), Account.id.in_(_members().where(*words)))


def similar_people(search: str) -> Sequence[Account]:
    """Return members, present and former, whose name or address has each word, or nearly."""
    keys = similar_keys(
        _members(), Membership.account_id, Membership.search_text, search_words(search)
    )
    found = db.session.scalars(select(Account).where(Account.id.in_(keys)))
    return sorted(found, key=lambda account: keys.index(account.id))


def _members() -> Select[int | None]:
    return select(Membership.account_id).where(Membership.account_id.is_not(None))
