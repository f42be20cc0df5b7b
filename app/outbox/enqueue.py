"""Promising a mail, and taking the promise back."""

from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from app.clock import now
from app.database import db
from app.database.transaction import require_writing
from app.identifiers import new_id
from app.outbox.models import OutboxMail
from app.outbox.rendering import render_mail
from app.vault import encrypt

PURPOSE = "mail"


def send_mail(
    *,
    to: str,
    template: str,
    context: dict[str, Any],
    dedupe_key: str | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Render `templates/mail/<template>.txt` and promise its delivery, inside `writing()`.

    A second mail under the same `dedupe_key` is not sent. A mail that is still waiting at
    `expires_at` is not sent either: its link no longer works. Values of `context` cannot make
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
            public_id=new_id(),
            dedupe_key=key,
            template=template,
            recipient=to,
            subject=subject[:250],
            sealed_text=encrypt(body, purpose=PURPOSE),
            created_at=now(),
            next_attempt_at=now(),
            expires_at=expires_at,
        )
    )


def withdraw_mail(*dedupe_keys: str) -> None:
    """Withdraw promised mails that are no longer true, inside `writing()`.

    A mail that the worker is delivering at this moment still arrives.
    """
    session = db.session()
    require_writing(session)
    session.execute(
        update(OutboxMail)
        .where(OutboxMail.dedupe_key.in_(dedupe_keys), OutboxMail.state == "waiting")
        .values(state="withdrawn", sealed_text=None)
    )
