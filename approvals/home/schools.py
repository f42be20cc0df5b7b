"""How many schools a person can see, in words."""

from datetime import datetime

from approvals.access_model import RemitScope
from approvals.organisations.models import Organisation


def schools_in_words(organisation: Organisation, remit: RemitScope, at: datetime) -> str:
    """`12 schools`, counted by the same remit that tokens name."""
    if remit.kind == "all":
        return "All schools"
    if remit.kind == "training":
        return "Made-up schools of the training environment"
    from approvals.remits import remit_of

    count = remit_of(organisation, remit.scope, at).count
    return "1 school" if count == 1 else f"{count:,} schools"
