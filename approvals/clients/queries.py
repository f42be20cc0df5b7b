"""Clients as operators look for them."""

from sqlalchemy import or_, select

from app.web.pagination import Page, paginate
from identity.oidc.models import Client


def find_clients(search: str, *, page: int) -> Page[Client]:
    """Return all, or those whose name, service or client id holds the text; disabled ones last."""
    statement = select(Client)
    if search:
        columns = (Client.name, Client.service, Client.client_id)
        statement = statement.where(
            or_(*(column.icontains(search, autoescape=True) for column in columns))
        )
    in_order = statement.order_by(Client.disabled_at.is_not(None), Client.name, Client.id)
    return paginate(in_order, page=page)
