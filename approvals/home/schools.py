"""How many schools a person can see, in words."""

from datetime import datetime
from typing import cast

from app.refusal import RefusalError
from approvals.decision.decision_types import RemitScope
from approvals.organisations.models import Organisation
from approvals.remits.remit import Scope, remit_of


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
