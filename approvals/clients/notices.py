"""Mails to operators about clients. Called inside `writing()`."""

from flask import url_for

from app.clock import now
from app.outbox import send_mail
from approvals.operators.actions import active_operators
from identity.accounts.person import Person


def refresh_token_reused(person: Person, client_id: str, client_name: str) -> None:
    """Notify operators once an hour for each client, however often it happens."""
    hour = f"{now():%Y-%m-%dT%H}"
    for operator in active_operators():
        send_mail(
            to=operator.email,
            template="clients/refresh_token_reused",
            context={
                "client": client_name,
                "person": person.name,
                "console": url_for("clients.client", client_id=client_id, _external=False),
            },
            dedupe_key=f"refresh token reused {client_id} {operator.id} {hour}",
        )
