"""The state of a factor that is being set up, in a column of a journey's row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Generic, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import InstrumentedAttribute

from app.database import db, writing
from app.journeys import JourneyRow, Journeys
from identity.credentials import registry
from identity.credentials.factor import Factor, SetUp

Row = TypeVar("Row", bound=JourneyRow)


class SetUpStates(Generic[Row]):
    """The states in the journeys of one table, which has the column of each `SetUp`."""

    def __init__(self, table: type[Row], journeys: Journeys[Row]) -> None:
        self._table = table
        self._journeys = journeys

    def column(self, set_up: SetUp) -> InstrumentedAttribute[str | None]:
        """Return the column with the state of the set-up."""
        column: InstrumentedAttribute[str | None] = getattr(self._table, set_up.column)
        return column

    def cleared(self) -> dict[str, None]:
        """Return the values of the columns without any state."""
        return dict.fromkeys(each.column for each in registry.set_ups())

    def open(self, journey: Row, set_up: SetUp) -> str:
        """Return the state of the set-up, which is begun and stored where there is none.

        Two requests at once get the same state.
        """
        state: str | None = getattr(journey, set_up.column)
        if state is not None:
            return state
        with writing():
            begun = {set_up.column: set_up.begin()}
            self._journeys.advance(journey.id, self.column(set_up).is_(None), **begun)
        stored = db.session.scalar(select(self.column(set_up)).where(self._table.id == journey.id))
        return stored or ""

    def page_values(self, journey: Row, factor: Factor, email: str) -> Mapping[str, object] | None:
        """Return the values for the page of the factor, or None where it is not offered here."""
        set_up = registry.offered_set_up(factor.name)
        return None if set_up is None else set_up.page_values(self.open(journey, set_up), email)

    def begin_again(self, journey_id: int, set_up: SetUp, state: str) -> None:
        """Replace the state that a rejected answer used up, unless another request did so."""
        with writing():
            begun = {set_up.column: set_up.begin()}
            self._journeys.advance(journey_id, self.column(set_up) == state, **begun)
