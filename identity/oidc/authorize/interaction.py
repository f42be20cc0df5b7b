"""The person's side of an authorization request: who is there, and what was answered so far."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from sqlalchemy import bindparam, func, select

from app.clock import now
from app.database import CompiledQuery, db
from identity.oidc.authorize.request import RequestedAuthorization
from identity.oidc.models import AuthorizationRequest, OrganisationChoice
from identity.ports import Entrance, TermsDue, approvals
from identity.sessions.active_session import ActiveSession
from identity.sessions.browser import Browser
from identity.sessions.levels import rank


class ChoiceRow(Protocol):
    """A chosen organisation, by its public id."""

    organisation: str


_LAST_CHOICE: CompiledQuery[ChoiceRow] = CompiledQuery(
    select(OrganisationChoice.organisation)
    .where(
        OrganisationChoice.session_id == bindparam("session"),
        OrganisationChoice.client_id == bindparam("client"),
    )
    .order_by(OrganisationChoice.id.desc())
    .limit(1)
)


@dataclass
class Interaction:
    """`pending` is the stored request, None while it has not been necessary to store it.

    browser: the browser of the person.
    """

    authorization: RequestedAuthorization
    pending: AuthorizationRequest | None
    arrived_at: datetime
    browser: Browser

    @property
    def session(self) -> ActiveSession:
        """The live session; only to be asked for once the person is known to be signed in."""
        session = self.session_or_none
        if session is None:
            raise RuntimeError("the first question is whether somebody is signed in")
        return session

    @property
    def session_or_none(self) -> ActiveSession | None:
        return self.browser.session

    @property
    def signed_in_for_this(self) -> bool:
        """Whether the person has signed in since the request arrived."""
        return self.pending is not None and self.session.auth_time >= self.arrived_at

    @cached_property
    def entrances(self) -> Sequence[Entrance]:
        """The organisations of the person; none are asked for where the client has no service."""
        service = self.authorization.client.service
        if service is None:
            return ()
        return approvals().entrances(self.session.account, service, now())

    @property
    def open_entrances(self) -> list[Entrance]:
        return [entrance for entrance in self.entrances if entrance.allowed]

    @cached_property
    def chosen_organisation(self) -> str | None:
        """The organisation that this person chose for this request."""
        request = self.pending
        if request is None or request.chosen_by != self.session.account_id:
            return None
        return request.organisation

    @cached_property
    def organisation(self) -> str | None:
        """The organisation to enter for: answered now, or in this session before, or the only one.

        None: the person has to choose.
        """
        allowed = {entrance.organisation for entrance in self.open_entrances}
        if self.chosen_organisation in allowed:
            return self.chosen_organisation
        if len(allowed) < 2:
            return next(iter(allowed), None)
        if "select_account" in self.authorization.prompts:
            return None
        remembered = self._remembered()
        return remembered if remembered in allowed else None

    @property
    def minimum_acr(self) -> str:
        """The lowest level that the client accepts, and the user groups of the organisation.

        While the organisation is not known, the client's alone.
        """
        demanded = [self.authorization.client.minimum_acr]
        if self.session_or_none is not None:
            demanded += [
                entrance.minimum_acr
                for entrance in self.open_entrances
                if entrance.organisation == self.organisation and entrance.minimum_acr is not None
            ]
        return max(demanded, key=rank)

    @cached_property
    def terms_due(self) -> Sequence[TermsDue]:
        return approvals().terms_due(
            self.session.account, self.authorization.client.service, now(), newly=False
        )

    def by_last_use(self) -> list[Entrance]:
        """Return the open entrances, the one last used first."""
        rows = db.session.execute(
            select(OrganisationChoice.organisation, func.max(OrganisationChoice.chosen_at))
            .where(
                OrganisationChoice.account_id == self.session.account_id,
                OrganisationChoice.client_id == self.authorization.client.key,
            )
            .group_by(OrganisationChoice.organisation)
        )
        used = dict(rows.all())
        never = [entrance for entrance in self.open_entrances if entrance.organisation not in used]
        known = [entrance for entrance in self.open_entrances if entrance.organisation in used]
        known.sort(key=lambda entrance: used[entrance.organisation], reverse=True)
        return known + never

    def _remembered(self) -> str | None:
        row = _LAST_CHOICE.one(session=self.session.id, client=self.authorization.client.key)
        return None if row is None else row.organisation
