"""History of clients: their service, and whether they were enabled, at any moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from app.clock import now
from app.database import db
from identity.oidc.models import Client, ClientPeriod


@dataclass(frozen=True)
class ClientState:
    """A client of a service as it was at one moment."""

    name: str
    enabled: bool
    since: datetime


def write_period(client: Client) -> None:
    """Close the client's open period and begin one that says how the client is; in `writing()`.

    Writes nothing where the open period says the same.
    """
    enabled, at = client.disabled_at is None, now()
    current = db.session.scalar(
        select(ClientPeriod).where(ClientPeriod.client_id == client.id, ClientPeriod.open)
    )
    if current is not None and (current.service, current.enabled) == (client.service, enabled):
        return
    db.session.execute(
        update(ClientPeriod)
        .where(ClientPeriod.client_id == client.id, ClientPeriod.open)
        .values(valid_to=at)
    )
    db.session.add(
        ClientPeriod(client_id=client.id, service=client.service, enabled=enabled, valid_from=at)
    )


def clients_of(service: str, at: datetime) -> list[ClientState]:
    """Return the clients that the service had at a moment, by name."""
    rows = db.session.execute(
        select(Client.name, ClientPeriod.enabled, ClientPeriod.valid_from)
        .join(ClientPeriod, ClientPeriod.client_id == Client.id)
        .where(
            ClientPeriod.service == service,
            ClientPeriod.counts_at(at),
        )
        .order_by(Client.name, Client.id)
    )
    return [ClientState(row.name, row.enabled, row.valid_from) for row in rows]


def ever_had_client(service: str, at: datetime) -> bool:
    """Return whether a client belonged to the service at the moment or before."""
    found = db.session.scalar(
        select(ClientPeriod.id)
        .where(ClientPeriod.service == service, ClientPeriod.begun_by(at))
        .limit(1)
    )
    return found is not None
