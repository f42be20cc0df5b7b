"""The refusal of a change by a rule: a value, and the exception that takes it out of a transaction.

A rule returns `Refusal | None`; the action raises RefusalError, which rolls everything back; the
page or command shows the sentence. Protocol errors (identity.oidc.errors) and statuses of pages
(app.web.errors) are types of their own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refusal:
    """Reason why a change is refused: a code for tests and the log, and a sentence for pages."""

    code: str
    sentence: str


class RefusalError(ValueError):
    """Raised by an action whose rule refused; nothing was changed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal
