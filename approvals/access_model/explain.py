"""Why may, or may not, this person enter? The reasons of the decision and of the sign-in, as text.

It has no rules of its own: it asks `decision` and `entry` and prints what they say.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select

from app.database import db
from approvals.access_model import decision, entry
from approvals.access_model.decision import Answer
from approvals.access_model.wording import on
from approvals.organisations import queries as organisations
from approvals.organisations.models import Organisation
from identity.accounts.email import email_key
from identity.accounts.models import Account

FEW = 10


def explain(
    email: str, service: str, organisation: Organisation | None, at: datetime
) -> Iterator[str]:
    """Lines of text. Raises ValueError where `email` is no address."""
    key = email_key(email)
    account = db.session.scalars(select(Account).where(Account.email_key == key)).first()
    definition = decision.service(service, at)
    name = f"{account.name} ({account.email})" if account else email
    yield f"{name}, {definition.name if definition else service}, {on(at)}"
    if account is None:
        answers = decision.where_invited(key, service, at)
        if not answers:
            yield f"There is no account with the address {email}, and no invitation to it."
            return
    elif organisation is not None:
        answers = [decision.answer(account.id, service, organisation.public_id, at)]
    else:
        answers = decision.where_may(account.id, service, at)
    stopped = entry.refusals(account, service, at) if account else []
    for answer in answers:
        if organisation is None or answer.organisation.public_id == organisation.public_id:
            yield from _about(answer, bool(stopped))
    if not answers:
        yield "The account belongs to no organisation."
    if stopped:
        yield "Signing in:"
        yield from (f"  - {reason.sentence}" for reason in stopped)


def find(text: str) -> Sequence[Organisation]:
    """Organisations that go by this public id, identifier or name; at most a few."""
    exact = organisations.by_public_id(text)
    return [exact] if exact else organisations.search(text, limit=FEW)


def _about(answer: Answer, stopped: bool) -> Iterator[str]:
    given = answer.decision
    if not given.allowed:
        yield f"{answer.organisation.name}: may not enter"
        yield from (f"  - {reason.sentence}" for reason in given.reasons)
        return
    verdict = "may enter once what stands under “Signing in” is settled" if stopped else "may enter"
    yield f"{answer.organisation.name}: {verdict}"
    for group in given.user_groups:
        yield f"  as {group.name}"
        yield from (f"    can {line}" for line in group.can)
        yield from (f"    cannot {line}" for line in group.cannot)
    until = min((grant.valid_to for grant in given.grants if grant.valid_to), default=None)
    if until is not None:
        yield f"  until {on(until)}"
