"""Mail: stored in the transaction of the change that it is about, delivered at least once."""

from app.outbox.enqueue import send_mail, withdraw_mail
from app.outbox.models import OutboxMail

__all__ = ["OutboxMail", "send_mail", "withdraw_mail"]
