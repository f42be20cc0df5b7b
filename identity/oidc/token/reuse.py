"""A code or refresh token used twice has been stolen, or its answer was lost: the family ends.

Operators are told of refresh tokens (RT-01); a code comes twice when somebody reloads a page.
"""

from __future__ import annotations

from typing import NoReturn

from app.database import writing
from identity.accounts.reading import copy_in
from identity.oidc.clients.store import RelyingParty
from identity.oidc.errors import OnRecord
from identity.oidc.grants import Family, end_family, put_on_record
from identity.ports import approvals

CODE, REFRESH_TOKEN = "code", "refresh token"


def used_twice(client: RelyingParty, family: Family, *, what: str) -> NoReturn:
    """Ends the family at once, for the provider's own endpoints too (RFC 9700, 2.1.1 and 4.14.2).

    Raises OnRecord. Further uses of a family that has ended are refused without a new row.
    """
    with writing():
        if end_family(family.id, cause=f"{what} used twice"):
            put_on_record("token.reused", client, family, what=what)
            if what == REFRESH_TOKEN:
                approvals().refresh_token_reused(copy_in(family), client.client_id, client.name)
    raise OnRecord(detail=f"{what} used twice")
