"""The schools of a user group in a few words, counted by the remit that tokens name."""

from datetime import datetime

from app.refusal import RefusalError
from approvals.organisations.models import Organisation
from approvals.remits.remit import Scope, remit_of


def schools_in_words(organisation: Organisation, scope: Scope, at: datetime) -> str:
    """Return `12 schools` for a scope of schools in an organisation at a moment."""
    if scope == "all":
        return "All schools"
    if scope == "training":
        return "Made-up schools of the training environment"
    try:
        count = remit_of(organisation, scope, at).count
    except RefusalError as error:
        return str(error)
    return number_of_schools(count)


def number_of_schools(count: int) -> str:
    """Return `1 school` or `12 schools`."""
    return "1 school" if count == 1 else f"{count:,} schools"
