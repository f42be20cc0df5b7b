"""Reads for the pages about stand-ins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from approvals.memberships import facts, stand_ins
from approvals.memberships.models import Membership, StandIn
from approvals.memberships.stand_ins import StandInRow
from approvals.organisations.models import Organisation
from identity.accounts.person import Person


@dataclass(frozen=True)
class StandInPart:
    """The part of a person's page about standing in.

    spell: one that runs or lies ahead. reader_is_stand_in: whether the reader of the page stands
    in, and so cannot change who approves.
    """

    spell: StandIn | None
    reader_is_stand_in: bool


@dataclass(frozen=True)
class StandInsPage:
    """The organisation's stand-ins of now and later."""

    rows: Sequence[StandInRow]
    reader_is_stand_in: bool
    at: datetime


def stand_in_part(
    organisation: Organisation, person: Membership, reader: Person, at: datetime
) -> StandInPart:
    """Return what the page of a person says about standing in, for `reader`."""
    return StandInPart(
        spell=stand_ins.current_spell(person, at),
        reader_is_stand_in=is_stand_in(organisation, reader),
    )


def stand_ins_page(organisation: Organisation, reader: Person, at: datetime) -> StandInsPage:
    """Return the page of the organisation's stand-ins, for `reader`."""
    return StandInsPage(
        rows=stand_ins.spells_of(organisation, at),
        reader_is_stand_in=is_stand_in(organisation, reader),
        at=at,
    )


def is_stand_in(organisation: Organisation, reader: Person) -> bool:
    """Return whether the reader stands in, and so cannot change who approves."""
    return reader.id in facts.active_approvers(organisation.id).stand_ins
