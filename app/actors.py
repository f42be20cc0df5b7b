"""Actor: the subject of every audited change."""

from dataclasses import dataclass
from typing import Literal

from flask import has_app_context

from app.context import request_values

ActorKind = Literal["person", "command", "client", "system"]


@dataclass(frozen=True)
class Actor:
    """`identifier` is a person's subject, a command's name, a client_id or a worker's name."""

    kind: ActorKind
    identifier: str
    name: str

    @classmethod
    def command(cls, name: str) -> "Actor":
        return cls("command", name, f"the command {name}")

    @property
    def persons_name(self) -> str:
        """For those who know the person; empty for commands, which nobody outside knows."""
        return self.name if self.kind == "person" else ""


SYSTEM = Actor("system", "system", "Secure Access")
ANONYMOUS = Actor("person", "", "somebody who is not signed in")


def set_current_actor(actor: Actor) -> None:
    """Set the actor of this context. Called once a session, a client or a command is known."""
    request_values().actor = actor


def current_actor() -> Actor:
    """Return the person, client or command that acts now; in a worker, the system itself."""
    if not has_app_context():
        return SYSTEM
    actor: Actor = request_values().get("actor", SYSTEM)
    return actor
