"""Where a session began: here, or at the provider of some organisations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True)
class Origin:
    """A sign-in at an organisation's provider, as a journey and a session keep it.

    connection: its public id. organisations: public ids of those that the session opens. sid: the
    provider's session. amr and two_factors: methods that this service accepts from the provider;
    none where it is not trusted for them.
    """

    connection: str
    organisations: tuple[str, ...]
    sid: str | None = None
    amr: tuple[str, ...] = ()
    two_factors: bool = False
    phishing_resistant: bool = False

    def as_json(self) -> dict[str, object]:
        """Return the value for a JSON column."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Self:
        """Return the value of a JSON column."""
        texts = {name: _texts(stored[name]) for name in ("organisations", "amr")}
        sid = stored["sid"]
        return cls(
            str(stored["connection"]),
            texts["organisations"],
            sid if isinstance(sid, str) else None,
            texts["amr"],
            bool(stored["two_factors"]),
            bool(stored["phishing_resistant"]),
        )


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(each) for each in value) if isinstance(value, list | tuple) else ()
