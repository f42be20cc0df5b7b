"""Questions of identity about rights.

`approvals` answers; identity never looks behind the answer.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from app.actors import Actor
from app.composition import ExtensionPoint
from app.refusal import Refusal, RefusalError
from identity.accounts.person import Person, PersonalDetails
from identity.accounts.sent_invitation import SentInvitation


@dataclass(frozen=True)
class InvitationDescription:
    """Text for an invited person before the acceptance. `lines` are label and text of the access.

    `invited_by` is empty where no person invites.
    """

    invited_by: str
    organisation: str
    lines: Sequence[tuple[str, str]]
    services: Sequence[str]
    """Codes of the services whose terms are accepted on joining."""


@dataclass(frozen=True)
class ChangedParagraph:
    """A place at which two versions of terms differ; a text is empty if it was added or removed."""

    before: str
    after: str


@dataclass(frozen=True)
class TermsChanges:
    """Differences from the version that the person accepted last, and when they did."""

    version: str
    accepted_at: datetime
    paragraphs: Sequence[ChangedParagraph]


@dataclass(frozen=True)
class TermsDue:
    """A version of terms of use that a person has to accept, or is asked to."""

    id: str
    title: str
    version: str
    effective_from: datetime
    html: str
    sha256: str
    required: bool
    """Whether access waits for it; otherwise it is asked for at the next sign-in only."""
    changes: TermsChanges | None = None
    """None where the person has accepted no version of these terms."""


@dataclass(frozen=True)
class Entrance:
    """An organisation through which a person may, or may not, enter a service.

    `organisation` is its public id, `hint` tells it from its namesakes (URN, town).
    """

    organisation: str
    name: str
    hint: str
    allowed: bool
    reasons: tuple[str, ...]
    minimum_acr: str | None = None
    """The level that the person's user groups demand, None where they demand none."""


@dataclass(frozen=True)
class ServiceClaims:
    """Claims of one service for one organisation, by scope: `{"access": {"capabilities": […]}}`.

    minimum_acr: the highest level of sign-in that the person's user groups demand, if any.
    changes_at: the next moment at which a date begins or ends access, after which the claims may be
    others. No token with them outlives it.
    """

    by_scope: Mapping[str, Mapping[str, object]]
    minimum_acr: str | None = None
    changes_at: datetime | None = None


@dataclass(frozen=True)
class ClaimDescription:
    """An entry of the claim dictionary."""

    name: str
    scope: str
    sentence: str


@dataclass(frozen=True)
class NoAccess:
    """Text for a person without access: the reason, and the people who can give it."""

    reasons: Sequence[str]
    approvers: Sequence[str]
    """Names of people to ask, each with the organisation."""
    ask: str = ""
    """Path of the form for a request for access, with what is known filled in."""


@dataclass(frozen=True)
class SecondStepReset:
    """A reset of a person's second step that has not ended.

    takes_effect_at: set with the decision. link_sent: whether the link to a new second step is in
    the person's mailbox.
    """

    asked_at: datetime
    takes_effect_at: datetime | None
    link_sent: bool


class LeavesWithoutApprover(RefusalError):
    """Organisations would have no approver who can act, and the caller has not accepted that.

    organisations: public id and name of each.
    """

    def __init__(self, organisations: Mapping[str, str]) -> None:
        names = ", ".join(organisations.values())
        super().__init__(Refusal("no_approver_left", f"No approver would be left in: {names}."))
        self.organisations = organisations


class Approvals(Protocol):
    """Answered by `approvals`, about values: a `Person` may be a row, of which it shows facts only.

    Methods marked "writing" are called inside `writing()`.
    """

    def describe_invitation(self, invitation: SentInvitation) -> InvitationDescription: ...

    def invitation_accepting(self, invitation: SentInvitation) -> None:
        """Lock what the invitation gives, before the account is locked. Runs inside `writing()`."""

    def invitation_accepted(self, invitation: SentInvitation, account: Person) -> None:
        """Record that the person joined through this invitation. Runs inside `writing()`."""

    def invitation_declined(self, invitation: SentInvitation) -> None:
        """Record that the recipient is not the invited person. Runs inside `writing()`."""

    def invitation_lapsed(self, invitation: SentInvitation) -> None:
        """End what the invitation was to give: it has lapsed. Runs inside `writing()`."""

    def invitation_renewal_asked(self, invitation: SentInvitation) -> None:
        """Record that another invitation was asked for. Runs inside `writing()`."""

    def account_suspended(self, account: Person, actor: Actor, *, suspended: bool) -> None:
        """Record that the account was suspended, or restored with `suspended=False`.

        Runs inside `writing()`.
        """

    def details_changing(self, account: Person) -> None:
        """Lock the rows that repeat the person's name and address, before the account is locked.

        Runs inside `writing()`.
        """

    def details_changed(self, account: Person, former: PersonalDetails, actor: Actor) -> None:
        """Repeat the person's new name or address in each organisation, and record the change.

        The caller has called `details_changing`. Runs inside `writing()`.
        """

    def forbidden_password_words(self, holder: Person | SentInvitation) -> Sequence[str]:
        """Return names of the person's organisations and services."""

    def terms_due(
        self, account: Person, service: str | None, at: datetime, *, newly: bool
    ) -> Sequence[TermsDue]:
        """Return versions of the platform and of `service` that wait for the person's acceptance.

        `newly=False`: only those without which no code and no refresh is given. `newly=True`: also
        the others, which are asked for at the next sign-in.
        """

    def are_terms_due(self, account: Person, service: str | None, at: datetime) -> bool:
        """Return whether `terms_due` with `newly=True` would return a version."""

    def accept_terms(self, account: Person, terms: Sequence[str], sid: str, at: datetime) -> None:
        """Record acceptance of the versions with these ids at a moment, in session `sid`.

        Runs inside `writing()`.
        """

    def may_remember_device(self, account_id: int) -> bool:
        """Return whether the person may sign in without a second step on a remembered device."""
        ...

    def entrances(self, account: Person, service: str, at: datetime) -> Sequence[Entrance]:
        """Return every organisation of the person, the ones they may enter through first."""

    def claims(
        self, account: Person, service: str, organisation: str, at: datetime
    ) -> ServiceClaims | None:
        """Return the claims, or None if the person may not enter any more."""

    def claim_descriptions(self) -> Sequence[ClaimDescription]: ...

    def service_exists(self, code: str) -> bool: ...

    def service_names(self) -> Mapping[str, str]:
        """Return the names of all services by their codes."""
        ...

    def ways_in(self, services: Sequence[str]) -> Mapping[str, str]:
        """Return the addresses at which people open these services, by code."""

    def service_name(self, code: str) -> str: ...

    def refresh_token_reused(self, account: Person, client_id: str, client_name: str) -> None:
        """Notify operators that a refresh token of the person was used twice.

        It may have been stolen. Runs inside `writing()`.
        """

    def suspending(self, account: Person, accepted: Collection[str], actor: Actor) -> None:
        """Judge a suspension before the account is locked, and notify operators.

        Runs inside `writing()`.

        accepted: public ids of the organisations that may be left without an approver. Raises
        RefusalError for the only operator, LeavesWithoutApprover where others are left so.
        """

    def second_step_reset(self, account: Person) -> SecondStepReset | None:
        """Return the reset of the person's second step that is asked for or decided."""

    def ask_second_step_reset(self, account: Person) -> None:
        """File the request of a person who proved their password. Raises RefusalError."""

    def stop_second_step_reset(self, account: Person) -> bool:
        """Stop the reset for its owner; False if there is none."""
        ...

    def decide_second_step_reset(self, account: Person, actor: Actor, reason: str) -> bool:
        """Decide for a command on the server; False where an operator has to agree as well.

        Raises RefusalError.
        """
        ...

    def second_step_replaced(self, account: Person, decision: str) -> None:
        """Record that the reset of that public id was used. Runs inside `writing()`."""

    def unknown_organisations(self, organisations: Collection[str]) -> Sequence[str]:
        """Return the ids among these that are of no organisation."""

    def organisation_names(self, organisations: Collection[str]) -> Mapping[str, str]:
        """Return the names of these organisations by their public ids."""

    def organisations_within(
        self, bodies: Collection[str], organisations: Collection[str], at: datetime
    ) -> Collection[str]:
        """Return the organisations that are one of the bodies, or a school of a trust among them.

        All are public ids.
        """

    def belongs_within(self, account: Person, bodies: Collection[str], at: datetime) -> bool:
        """Return whether the person belongs to one of the bodies, or to a school of one."""
        ...

    def domain_record_gone(
        self, connection: str, name: str, domain: str, ends_at: datetime | None
    ) -> None:
        """Notify operators that the DNS record of a proven domain is gone. Inside `writing()`.

        connection: public id, with its name. ends_at: when the domain stops being proven; None
        where it has.
        """

    def switching_off(
        self,
        name: str,
        bodies: Collection[str],
        accounts: Collection[int],
        accepted: Collection[str],
        at: datetime,
    ) -> None:
        """Judge that these accounts lose their access in the organisations within the bodies.

        accepted: public ids of the organisations that may be left without an approver. Those who
        decide about such organisations are notified. Runs inside `writing()`, before any account
        is locked. Raises LeavesWithoutApprover where other organisations are left so.
        """

    def connection_switched_off(
        self, name: str, bodies: Collection[str], accounts: Collection[int], at: datetime
    ) -> None:
        """Close the access of these accounts in the organisations within the bodies.

        Each stays closed until an approver reopens it. Runs inside `writing()`.

        name: of the connection to a provider by which they signed in.
        """

    def home(self) -> str:
        """Return the path of the page that a signed-in person comes to."""

    def request_form(self) -> str:
        """Return the path of the form on which a signed-in person asks for access."""
        ...

    def has_belonged(self, account: Person) -> bool:
        """Return whether the person belongs to an organisation, or did, or is an operator."""
        ...

    def whom_to_ask(self, account: Person, service: str, at: datetime) -> NoAccess: ...


APPROVALS = ExtensionPoint[Approvals]("the other side of the port")
"""The last one added answers."""


def approvals() -> Approvals:
    """Return the port's other side, as `approvals` registered it."""
    return APPROVALS.values()[-1]
