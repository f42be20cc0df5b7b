"""Forms that make a client or a secret act once, and the secret is shown once."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import ColumnElement, and_, select, update

from app.clock import now
from app.database import db, writing
from app.database.single_use import claim, insert_unless_present, rows_changed
from app.retention import Expired
from app.vault import decrypt, encrypt
from approvals.clients.models import ClientAnswer
from identity.sessions.models import Session

SHOWN_WITHIN = timedelta(minutes=10)
KEPT = timedelta(days=1)
"""No session lasts longer, so no form is sent again later."""
_PURPOSE = "client secret"
_add = insert_unless_present(ClientAnswer)


def act_once(form_id: str, session: Session, act: Callable[[], tuple[str, str | None]]) -> None:
    """Act unless this form has acted before. `act` answers the client's id and its new secret.

    An exception of `act` leaves the form as it was, to be sent again.
    """
    with writing():
        if not _add(form_id=form_id, session_id=session.id):
            return
        client_id, secret = act()
        sealed = encrypt(secret, purpose=_PURPOSE) if secret else None
        rows_changed(
            update(ClientAnswer)
            .where(ClientAnswer.form_id == form_id)
            .values(client_id=client_id, sealed_secret=sealed)
        )


def client_of(form_id: str, session: Session) -> str | None:
    """Return the id of the client that the form was about, or None for another session's form."""
    client_id: str | None = db.session.scalar(
        select(ClientAnswer.client_id).where(*_own_answer(form_id, session))
    )
    return client_id


def take_secret(form_id: str, session: Session) -> str | None:
    """Return the secret that the form made, once and within some minutes, or None."""
    with writing():
        sealed = db.session.scalar(
            select(ClientAnswer.sealed_secret).where(
                *_own_answer(form_id, session), ClientAnswer.created_at > now() - SHOWN_WITHIN
            )
        )
        taken = claim(
            update(ClientAnswer)
            .where(*_own_answer(form_id, session), ClientAnswer.sealed_secret.is_not(None))
            .values(sealed_secret=None)
        )
    return decrypt(sealed, purpose=_PURPOSE) if sealed is not None and taken else None


def expired() -> list[Expired]:
    """Return secrets that were not looked at within minutes, and the results of old forms."""
    table, at = ClientAnswer, now()
    old_secret = and_(table.created_at < at - SHOWN_WITHIN, table.sealed_secret.is_not(None))
    return [
        Expired(table, old_secret, values={"sealed_secret": None}),
        Expired(table, table.created_at < at - KEPT),
    ]


def _own_answer(form_id: str, session: Session) -> tuple[ColumnElement[bool], ...]:
    return ClientAnswer.form_id == form_id, ClientAnswer.session_id == session.id
