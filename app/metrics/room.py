"""Parts that the room adds to an application."""

from app.composition import Room
from app.metrics import instruments

ROOM = Room("app.metrics", instruments.install)
