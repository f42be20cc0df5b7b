"""Cards on the home page of an organisation: what its approvers should look at first.

A room adds a function that returns its card for an organisation, or None where there is nothing to
say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import url_for

from app.composition import ExtensionPoint
from approvals.memberships import queries
from approvals.organisations.models import Organisation


@dataclass(frozen=True)
class CardLink:
    """A link of a card. about: words that only screen readers read, where the text needs them."""

    text: str
    address: str
    about: str = ""


@dataclass(frozen=True)
class CardButton:
    """A button of a row, which posts the fields. about: as in a link."""

    text: str
    address: str
    fields: Mapping[str, str]
    about: str = ""


@dataclass(frozen=True)
class CardItem:
    """A row of a card, such as one request that waits.

    text: who or what. note: more about it. button: the act that takes no other page.
    """

    text: str
    note: str = ""
    links: tuple[CardLink, ...] = ()
    button: CardButton | None = None


@dataclass(frozen=True)
class HomeCard:
    """A card, lowest `order` first.

    count: of the list behind the first link, shown beside the title. urgent: shown as a warning.
    """

    order: int
    title: str
    text: str = ""
    count: int | None = None
    items: tuple[CardItem, ...] = ()
    links: tuple[CardLink, ...] = ()
    urgent: bool = False


HOME_CARDS = ExtensionPoint[Callable[[Organisation, datetime], HomeCard | None]](
    "cards on an organisation's home page"
)


def cards(organisation: Organisation, at: datetime) -> list[HomeCard]:
    """Return the cards of the organisation's home page, in their order."""
    found = [card for make in HOME_CARDS.values() if (card := make(organisation, at)) is not None]
    return sorted(found, key=lambda card: card.order)


def only_approver(organisation: Organisation, _at: datetime) -> HomeCard | None:
    """Return the card of an organisation that has one approver who can act."""
    if len(queries.approvers_of(organisation.id)) != 1:
        return None
    members = url_for(
        "memberships.users",
        organisation=organisation.public_id,
        status="joined",
        approver="no",
    )
    return HomeCard(
        order=20,
        title="You are the only approver",
        text="Make a colleague an approver, so that somebody can act when you are away.",
        links=(
            CardLink("Choose a colleague", members),
            CardLink(
                "Name a stand-in for some days",
                url_for("memberships.stand_ins", organisation=organisation.public_id),
            ),
        ),
        urgent=True,
    )
