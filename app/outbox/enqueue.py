"""Promising a mail."""

from typing import Any

from flask import render_template
from sqlalchemy import select

from app.clock import now
from app.database import db
from app.database.transaction import require_writing
from app.identifiers import new_id
from app.outbox.models import OutboxMail
from app.settings import settings
from app.vault import encrypt

PURPOSE = "mail"


def send_mail(
    *, to: str, template: str, context: dict[str, Any], dedupe_key: str | None = None
) -> None:
    """Renders `templates/mail/<template>.txt` and promises its delivery, inside `writing()`.

    The template's first line is the subject, the rest the body. A second mail under the same
    `dedupe_key` is not sent. Links in templates begin with `{{ issuer }}`.
    """
    session = db.session()
    require_writing(session)
    key = dedupe_key or new_id()
    if session.scalar(select(OutboxMail.id).where(OutboxMail.dedupe_key == key)) is not None:
        return
    rendered = render_template(f"mail/{template}.txt", issuer=settings().issuer, **context)
    subject, _, body = rendered.strip().partition("\n")
    session.add(
        OutboxMail(
            public_id=new_id(),
            dedupe_key=key,
            template=template,
            recipient=to,
            subject=_one_line(subject)[:250],
            sealed_text=encrypt(body.strip() + "\n", purpose=PURPOSE),
            created_at=now(),
            next_attempt_at=now(),
        )
    )


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
