"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from approvals.population import events

ROOM = Room("approvals.population", EVENTS(*events.EVENTS))
