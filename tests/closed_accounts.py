"""A person whose account was closed: nothing ties them to Secure Access for long enough."""

from datetime import timedelta

import time_machine

from app.clock import now
from app.database import db, writing
from approvals.account_closing import actions
from identity.accounts.models import Account
from tests.identity.people import Person


def close(person: Person) -> Account:
    """Close the account, as the worker does, and return it."""
    at = now()
    with writing():
        person.account.created_at = person.account.joined_at = at - timedelta(days=40)
    with time_machine.travel(at - timedelta(days=8), tick=True):
        actions.announce(person.account_id, now())
    actions.close(person.account_id, at)
    closed = db.session.get_one(Account, person.account_id, populate_existing=True)
    assert closed.closed_at == at
    return closed
