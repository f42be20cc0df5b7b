"""Forms that make a client or a secret act once, and the secret is shown once."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import and_

from app.clock import now
from app.database import writing
from app.database.single_use import insert_unless_present
from app.journeys import Journeys
from app.retention import Expired
from app.vault import decrypt, encrypt
from approvals.clients.models import ClientAnswer
from identity.sessions.active_session import ActiveSession

SHOWN_WITHIN = timedelta(minutes=10)
KEPT = timedelta(days=1)
"""No session lasts longer, so no form is sent again later."""
_PURPOSE = "client secret"
_FORMS = Journeys(
    ClientAnswer,
    owner=[ClientAnswer.session_id],
    expires=ClientAnswer.created_at,
    lifetime=KEPT,
)
_add = insert_unless_present(ClientAnswer)


def act_once(
    form_id: str, session: ActiveSession, act: Callable[[], tuple[str, str | None]]
) -> None:
    """Act unless this form has acted before. `act` answers the client's id and its new secret.

    An exception of `act` leaves the form as it was, to be sent again.
    """
    with writing():
        if not _add(form_id=form_id, session_id=session.id):
            return
        client_id, secret = act()
        sealed = encrypt(secret, purpose=_PURPOSE) if secret else None
        form = _FORMS.find(form_id, session.id)
        if form is not None:
            form.client_id, form.sealed_secret = client_id, sealed


def client_of(form_id: str, session: ActiveSession) -> str | None:
    """Return the id of the client that the form was about, or None for another session's form."""
    form = _FORMS.find(form_id, session.id)
    return form.client_id if form is not None else None


def take_secret(form_id: str, session: ActiveSession) -> str | None:
    """Return the secret that the form made, once and within some minutes, or None."""
    form = _FORMS.find(form_id, session.id)
    if form is None or form.created_at <= now() - SHOWN_WITHIN:
        return None
    sealed = form.sealed_secret
    with writing():
        if sealed is None or not _FORMS.advance(
            form.id, ClientAnswer.sealed_secret == sealed, sealed_secret=None
        ):
            return None
    return decrypt(sealed, purpose=_PURPOSE)


def expired() -> list[Expired]:
    """Return secrets that were not looked at within minutes, and the results of old forms."""
    table, at = ClientAnswer, now()
    old_secret = and_(table.created_at < at - SHOWN_WITHIN, table.sealed_secret.is_not(None))
    return [
        Expired(table, old_secret, values={"sealed_secret": None}),
        _FORMS.expired(),
    ]
