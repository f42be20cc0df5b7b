"""A small other side of the port: what people may do is what a test says."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask import Flask, url_for

from app.actors import Actor
from identity import ports
from identity.accounts.person import Person, PersonalDetails
from identity.accounts.sent_invitation import SentInvitation
from identity.ports import (
    ClaimDescription,
    Entrance,
    InvitationDescription,
    NoAccess,
    SecondStepReset,
    ServiceClaims,
    TermsDue,
)

SERVICE = "reports"
DESCRIPTIONS = [
    ClaimDescription("organisation", "organisation", "The organisation the person acts for."),
    ClaimDescription("user_group", "access", "The person's user group."),
    ClaimDescription("capabilities", "access", "What the person may do."),
]


def entrance(organisation: str, *reasons: str, name: str | None = None) -> Entrance:
    """An organisation; allowed where there is no reason against it."""
    return Entrance(organisation, name or organisation.title(), "", not reasons, reasons)


@dataclass
class Rights:
    """Mutable: tests change what is true and look at what follows. Serves `identity.ports`."""

    doors: list[Entrance] = field(default_factory=lambda: [entrance("oakfield")])
    groups: dict[str, Any] = field(default_factory=dict)
    required_terms: set[str] = field(default_factory=set)
    minimum_acr: str | None = None
    """The level that the user groups demand."""
    reused: list[tuple[str, str]] = field(default_factory=list)
    """Whom and which client operators were told of."""

    def give(self, capability: str = "print_reports") -> None:
        """The claims of `access` for anybody who may enter."""
        self.groups = {
            "user_group": {"code": "governor", "name": "Governor"},
            "capabilities": [capability],
        }

    def describe_invitation(self, invitation: SentInvitation) -> InvitationDescription:
        return InvitationDescription(invitation.invited_by, "Oakfield", [], [])

    def invitation_accepting(self, invitation: SentInvitation) -> None: ...

    def invitation_accepted(self, invitation: SentInvitation, account: Person) -> None: ...

    def invitation_declined(self, invitation: SentInvitation) -> None: ...

    def invitation_lapsed(self, invitation: SentInvitation) -> None: ...

    def invitation_renewal_asked(self, invitation: SentInvitation) -> None: ...

    def account_suspended(self, account: Person, actor: Actor, *, suspended: bool) -> None: ...

    def details_changing(self, account: Person) -> None: ...

    def details_changed(self, account: Person, former: PersonalDetails, actor: Actor) -> None: ...

    def forbidden_password_words(self, holder: Person | SentInvitation) -> Sequence[str]:
        return []

    def terms_due(
        self, account: Person, service: str | None, at: datetime, *, newly: bool
    ) -> Sequence[TermsDue]:
        return [
            TermsDue(each, f"Terms {each}", "1", at, "<p>Be kind.</p>", "0" * 64, True)
            for each in sorted(self.required_terms)
        ]

    def are_terms_due(self, account: Person, service: str | None, at: datetime) -> bool:
        return bool(self.required_terms)

    def accept_terms(self, account: Person, terms: Sequence[str], sid: str, at: datetime) -> None:
        self.required_terms -= set(terms)

    def domain_record_gone(
        self, connection: str, name: str, domain: str, ends_at: datetime | None
    ) -> None: ...

    def belongs_within(self, account: Person, bodies: Collection[str], at: datetime) -> bool:
        return False

    def entrances(self, account: Person, service: str, at: datetime) -> Sequence[Entrance]:
        return self.doors

    def claims(
        self, account: Person, service: str, organisation: str, at: datetime
    ) -> ServiceClaims | None:
        if not any(each.allowed and each.organisation == organisation for each in self.doors):
            return None
        by_scope: Mapping[str, Mapping[str, Any]] = {
            "organisation": {"organisation": {"id": organisation, "name": organisation.title()}},
            "access": self.groups,
        }
        return ServiceClaims(by_scope, self.minimum_acr)

    def claim_descriptions(self) -> Sequence[ClaimDescription]:
        return DESCRIPTIONS

    def service_exists(self, code: str) -> bool:
        return code == SERVICE

    def service_names(self) -> Mapping[str, str]:
        return {SERVICE: "Reports", "school_performance": "School Performance"}

    def ways_in(self, services: Sequence[str]) -> Mapping[str, str]:
        return {}

    def service_name(self, code: str) -> str:
        return "Reports"

    def refresh_token_reused(self, account: Person, client_id: str, client_name: str) -> None:
        self.reused.append((account.subject, client_id))

    def suspending(self, account: Person, accepted: Collection[str], actor: Actor) -> None:
        pass

    def may_remember_device(self, account_id: int) -> bool:
        return True

    def second_step_reset(self, account: Person) -> SecondStepReset | None:
        return None

    def ask_second_step_reset(self, account: Person) -> None: ...

    def stop_second_step_reset(self, account: Person) -> bool:
        return False

    def decide_second_step_reset(self, account: Person, actor: Actor, reason: str) -> bool:
        return False

    def second_step_replaced(self, account: Person, decision: str) -> None: ...

    def unknown_organisations(self, organisations: Collection[str]) -> Sequence[str]:
        raise NotImplementedError

    def organisation_names(self, organisations: Collection[str]) -> Mapping[str, str]:
        raise NotImplementedError

    def organisations_within(
        self, bodies: Collection[str], organisations: Collection[str], at: datetime
    ) -> Collection[str]:
        return set(bodies) & set(organisations)

    def switching_off(
        self,
        name: str,
        bodies: Collection[str],
        accounts: Collection[int],
        accepted: Collection[str],
        at: datetime,
    ) -> None:
        raise NotImplementedError

    def connection_switched_off(
        self, name: str, bodies: Collection[str], accounts: Collection[int], at: datetime
    ) -> None:
        raise NotImplementedError

    def home(self) -> str:
        return url_for("accounts.account")

    def request_form(self) -> str:
        return "/requests/new"

    def has_belonged(self, _account: Person) -> bool:
        return False

    def whom_to_ask(self, account: Person, service: str, at: datetime) -> NoAccess:
        return NoAccess(["You have no user group."], ["Ann Approver, Oakfield"])


def install(app: Flask) -> Rights:
    """Puts these rights behind the application's port."""
    rights = Rights()
    rights.give()
    ports.APPROVALS.add(app, rights)
    return rights
