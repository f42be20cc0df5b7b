"""Finding people by name or address, for operators at the command line. Each search is audited."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import and_, or_, select

from app.audit import record
from app.database import db, writing
from identity.accounts.models import Account, by_name

MOST = 50
_MOST_WORDS = 6


def find_people(text: str) -> Sequence[Account]:
    """Return people of whom every word begins a name, or the address or subject; by name."""
    words = [
        or_(
            Account.given_name.istartswith(word, autoescape=True),
            Account.family_name.istartswith(word, autoescape=True),
            Account.family_name.icontains(f" {word}", autoescape=True),
            Account.given_name.icontains(f" {word}", autoescape=True),
            Account.email_key.startswith(word.casefold(), autoescape=True),
            Account.subject == word,
        )
        for word in text.split()[:_MOST_WORDS]
    ]
    with writing():
        found = db.session.scalars(
            select(Account).where(and_(*words)).order_by(*by_name()).limit(MOST)
        ).all()
        record("account.looked_for", search=text, found=len(found))
    return found
