"""The refusal of a change or a question: a value, and the exception that ends a transaction.

A rule returns `Refusal | None`. An action raises RefusalError, which rolls everything back.
`app.web.forms.show_refusal` shows it on a page, `app.cli.refusals.show_refusal` in a command.

Other types carry other ideas. An OAuth error (`identity.oidc.errors`) and `InvalidMetadata` are
protocol messages: their codes are those of RFC 6749 and RFC 7591, and clients act on them.
`Refused` of `app.web.authorisation` ends a request before its view runs: its reason is for the
log, and the caller gets a status or a redirect. `FinishedError` of `approvals.memberships.journeys`
is a redirect to the page where a journey ended. The faults of a file (`UnusableFile`,
`RefusedFile`) are a list, each with its line or key.
"""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a rule refuses.

    code: for tests, the log and code that treats one refusal in its own way. sentence: for the
    person, with a full stop.
    """

    code: str
    sentence: str


class RefusalError(ValueError):
    """Raised by an action whose rule refused; nothing was changed."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.sentence)
        self.refusal = refusal

    @classmethod
    def of(cls, code: str, sentence: str) -> Self:
        """Return the error of a refusal that only one place raises."""
        return cls(Refusal(code, sentence))
