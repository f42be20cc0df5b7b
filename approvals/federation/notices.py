"""Mails to operators about connections. Called inside `writing()`."""

from __future__ import annotations

from datetime import datetime

from app.outbox import send_mail
from approvals.operators.actions import active_operators


def domain_record_gone(connection: str, name: str, domain: str, ends_at: datetime | None) -> None:
    """Mail the operators that the record of a proven domain is gone.

    connection: public id. ends_at: when the domain stops being proven; None where it has.
    """
    for operator in active_operators():
        send_mail(
            to=operator.email,
            template="federation/domain_record_gone",
            context={
                "connection": name,
                "domain": domain,
                "ends_at": ends_at,
                # The worker sends it, and outside requests Flask builds no addresses.
                "page": f"/ops/sign-ins/{connection}",
            },
        )
