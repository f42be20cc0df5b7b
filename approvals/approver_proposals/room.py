"""Parts that the room adds to an application."""

from app.audit import EVENTS
from app.composition import Room
from approvals.approver_proposals import events

ROOM = Room("approvals.approver_proposals", EVENTS(*events.EVENTS))
