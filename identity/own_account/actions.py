"""Changes that signed-in people make to their own details."""

from __future__ import annotations

from app.audit import record
from app.clock import now
from app.database import writing
from app.refusal import Refusal, RefusalError
from identity.accounts.names import NO_NAME, clean_names
from identity.accounts.person import PersonalDetails, actor_of
from identity.ports import approvals
from identity.sessions.active_session import ActiveSession
from identity.sessions.current_session import lock_session

NAME_MISSING = Refusal("name_missing", f"{NO_NAME}.")


def change_name(session: ActiveSession, given_name: str, family_name: str) -> str | None:
    """Change the name of the signed-in person and return it; None if it is their name already.

    Tokens and the lists of the person's organisations have the new name from the commit on. Raises
    RefusalError and SessionOver.
    """
    names = clean_names(given_name, family_name)
    if not any(names):
        raise RefusalError(NAME_MISSING)
    with writing():
        approvals().details_changing(session.account)
        account = lock_session(session)
        former = PersonalDetails.of(account)
        if names == (former.given_name, former.family_name):
            return None
        account.given_name, account.family_name = names
        account.updated_at = now()
        actor = actor_of(account)
        record(
            "account.renamed",
            actor=actor,
            subject=account.subject,
            before={"given_name": former.given_name, "family_name": former.family_name},
            after={"given_name": account.given_name, "family_name": account.family_name},
        )
        approvals().details_changed(account, former, actor)
        return account.name
