"""Changes that a person takes back by saying "this was not me" in answer to a mail about them.

A mail about a changed factor or address carries a link (`reset.send_disavowable`) that is stored
with the change. The room or factor that announces such changes adds a `TakeBack` of the same name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from app.composition import ExtensionPoint
from identity.accounts.models import Account

Details = Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """A change that a mail tells of. details: texts for its `TakeBack`; secrets are encrypted."""

    name: str
    details: Details

    def stored(self) -> dict[str, str]:
        """Return the change as it is stored with the link."""
        return {**self.details, "change": self.name}

    @classmethod
    def of(cls, stored: Mapping[str, str] | None) -> Change | None:
        """Return the change from its stored form."""
        if stored is None:
            return None
        details = dict(stored)
        return cls(details.pop("change"), details)


@dataclass(frozen=True)
class TakeBack:
    """Undoes one sort of change.

    sentence: shown before the person confirms, such as "the passkey is removed", without a full
    stop. undo: runs inside `writing()`, after all access of the person has ended.
    """

    name: str
    sentence: str
    undo: Callable[[Account, Details], None]


TAKE_BACKS = ExtensionPoint[TakeBack](
    "changes that can be taken back", named=lambda each: each.name
)


def sentences(changes: Iterable[Change]) -> list[str]:
    """Return what is taken back, each sentence once."""
    return list(dict.fromkeys(TAKE_BACKS.by_name()[each.name].sentence for each in changes))


def undo(changes: Iterable[Change], account: Account) -> None:
    """Undo the changes in this order. Must run inside `writing()`."""
    for each in changes:
        TAKE_BACKS.by_name()[each.name].undo(account, each.details)
