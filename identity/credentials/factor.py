"""The small interface that every factor answers to.

A factor is one module: what it stores, how it is proved and what it is called in tokens. The
catalogue lists them; the sign-in journey, `amr` and `acr` follow from the list.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class FactorKind(enum.StrEnum):
    """Basis of a factor (NIST SP 800-63B-4, section 2)."""

    KNOWLEDGE = "something the person knows"
    POSSESSION = "something the person has"


@dataclass(frozen=True)
class ProofAccepted:
    """The answer was right and, where it is single-use, is now used up.

    set_at: when the credential was set that the answer was checked against, for a factor whose
    answer can be shown more than once.
    """

    factor: Factor
    set_at: datetime | None = None


@dataclass(frozen=True)
class ProofRejected:
    """The answer was not accepted. `sentence` is for the page; `counts` whether it was a guess."""

    sentence: str
    counts: bool = True


class Factor(Protocol):
    """`amr` is the value of RFC 8176, section 2, that tokens carry when this factor was shown."""

    @property
    def name(self) -> str: ...

    @property
    def amr(self) -> str: ...

    @property
    def kind(self) -> FactorKind: ...

    @property
    def phishing_resistant(self) -> bool: ...

    def enrolled(self, account_id: int) -> bool:
        """Return whether this person has the factor and can show it now."""
        ...

    def prove(self, account_id: int | None, answer: str) -> ProofAccepted | ProofRejected:
        """Check the answer; what is single-use is claimed by it. None stands for nobody."""
        ...
