"""The schools that a person can see."""

from collections.abc import Sequence
from datetime import datetime

from app.refusal import RefusalError
from approvals.decision.decision_types import RemitScope
from approvals.organisations.models import Organisation
from approvals.remits.basis import SchoolBasis, with_basis
from approvals.remits.remit import remit_of

SCHOOLS_A_PAGE = 100


def next_schools(
    organisation: Organisation, remit: RemitScope, at: datetime, *, after: str | None
) -> Sequence[SchoolBasis]:
    """Return the schools after a URN, one more than a page shows; none of a remit without any."""
    try:
        found = remit_of(organisation, remit.scope, at)
    except RefusalError:
        return ()
    return with_basis(found, found.page(after=after, limit=SCHOOLS_A_PAGE + 1))
