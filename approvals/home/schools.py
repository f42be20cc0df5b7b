"""The schools that a person can see: how many in words, and which."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

from app.refusal import RefusalError
from approvals.decision.decision_types import RemitScope
from approvals.organisations.models import Organisation
from approvals.remits.remit import School, Scope, remit_of

SCHOOLS_A_PAGE = 100


def schools_in_words(organisation: Organisation, remit: RemitScope, at: datetime) -> str:
    """Return `12 schools`, counted by the same remit that tokens name."""
    if remit.scope == "all":
        return "All schools"
    if remit.scope == "training":
        return "Made-up schools of the training environment"
    try:
        count = remit_of(organisation, cast(Scope, remit.scope), at).count
    except RefusalError as error:
        return str(error)
    return "1 school" if count == 1 else f"{count:,} schools"


def next_schools(
    organisation: Organisation, remit: RemitScope, at: datetime, *, after: str | None
) -> Sequence[School]:
    """Return the schools after a URN, one more than a page shows; none of a remit without any."""
    try:
        found = remit_of(organisation, remit.scope, at)
    except RefusalError:
        return ()
    return found.page(after=after, limit=SCHOOLS_A_PAGE + 1)
