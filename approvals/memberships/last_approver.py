"""The last active approver of an organisation, who stays one.

No act of an approver or of the person, no end date and no dormancy takes the last one away. An
approver beside whom there are only stand-ins is the last one, because the stand-ins’ time ends.

Every change that ends what an approver can do calls `keep_an_approver` in the function that writes
it, under the organisation's lock. Operators may take the last one: they suspend an account after a
confirmation (`approvals.console.suspending`), switch off a provider, or merge organisations.
"""

from __future__ import annotations

from app.refusal import RefusalError
from approvals.memberships import facts, rules


def keep_an_approver(organisation_id: int, account_id: int | None) -> None:
    """Raise RefusalError where the person is the last approver of the organisation who can act."""
    refusal = rules.may_lose_approver(facts.active_approvers(organisation_id), account_id)
    if refusal is not None:
        raise RefusalError(refusal)
