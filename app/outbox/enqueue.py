"""Adding a mail to the outbox, and withdrawing it."""

from datetime import datetime

from sqlalchemy import select

from app.database import db
from app.database.transaction import require_writing
from app.identifiers import new_id
from app.outbox.delivery import MAILS, PURPOSE
from app.outbox.models import OutboxMail
from app.outbox.rendering import render_mail
from app.vault import encrypt


def send_mail(
    *,
    to: str,
    template: str,
    context: dict[str, object],
    dedupe_key: str | None = None,
    expires_at: datetime | None = None,
    urgent: bool = False,
) -> None:
    """Render `templates/mail/<template>.txt` and enqueue the mail, inside `writing()`.

    A second mail under the same `dedupe_key` is not sent. A mail that is still waiting at
    `expires_at` is not sent either: its link no longer works. An `urgent` mail, for which a person
    waits, goes before those that are not. Values of `context` cannot make
    links in the mail (see `app.outbox.rendering`).
    """
    session = db.session()
    require_writing(session)
    key = dedupe_key or new_id()
    if session.scalar(select(OutboxMail.id).where(OutboxMail.dedupe_key == key)) is not None:
        return
    subject, body = render_mail(template, context)
    session.add(
        OutboxMail(
            dedupe_key=key,
            template=template,
            recipient=to,
            subject=subject[:250],
            sealed_text=encrypt(body, purpose=PURPOSE),
            expires_at=expires_at,
            urgent=urgent,
        )
    )


def withdraw_mail(*dedupe_keys: str) -> None:
    """Withdraw waiting mails that are no longer true, inside `writing()`.

    A mail that the worker is delivering at this moment still arrives.
    """
    MAILS.withdraw(OutboxMail.dedupe_key.in_(dedupe_keys))
