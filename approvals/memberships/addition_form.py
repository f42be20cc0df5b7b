"""The form that adds a person: who, one user group of up to three services, approver, two dates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from wtforms import BooleanField, RadioField, StringField
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from app.days import parse_day
from approvals.memberships.catalogue import ServiceOffer
from approvals.memberships.forms import NONE, EmailForm, PeriodForm
from approvals.memberships.journeys import AdditionAnswers
from identity.accounts.names_form import NamesForm

MOST_TOGETHER = 3
"""Services whose user groups the page of the form offers; pages of their own offer the others."""


@dataclass(frozen=True)
class OfferedGroup:
    """Validator: one of the user groups that the organisation can give, or none."""

    offer: ServiceOffer

    def __call__(self, _form: BaseForm, field: RadioField) -> None:
        if field.data != NONE and self.offer.group(field.data or "") is None:
            raise StopValidation(f"Select what this person can see in {self.offer.name}")


class AdditionForm(EmailForm, NamesForm, PeriodForm):
    """Form with the facts about a person to add. `addition_form` adds the services.

    address_is_right: the address about which the page asked, once it was confirmed.
    asks_about_address: whether the page asks about the address.
    """

    offers: Sequence[ServiceOffer] = ()
    asks_about_address = False

    approver = BooleanField("Make this person an approver")
    address_is_right = StringField("The address is right")

    @property
    def groups(self) -> list[tuple[ServiceOffer, RadioField]]:
        """The services of the form, each with its field."""
        return [(offer, self[_field_name(offer)]) for offer in self.offers]

    @property
    def errors(self) -> dict[str, list[str]]:
        """The errors in the order of the fields on the page."""
        page = ["email", "given_name", "family_name", *map(_field_name, self.offers)]
        found: dict[str, list[str]] = super().errors
        after = [name for name in found if name not in page]
        return {name: found[name] for name in [*page, *after] if name in found}

    @property
    def chosen(self) -> list[tuple[str, str]]:
        """The codes of each service and its user group that were chosen."""
        return [
            (offer.code, field.data)
            for offer, field in self.groups
            if field.data and field.data != NONE
        ]

    def answers(self) -> AdditionAnswers:
        """Return the answers of a valid form."""
        first_day, last_day = self.first_day(), self.last_day()
        return AdditionAnswers(
            email=self.email.data or "",
            given_name=self.given_name.data or "",
            family_name=self.family_name.data or "",
            access={
                offer.code: [] if field.data == NONE else [field.data]
                for offer, field in self.groups
            },
            approver=bool(self.approver.data),
            first_day=first_day.isoformat() if first_day else "",
            last_day=last_day.isoformat() if last_day else "",
        )


def services_on_form(offers: Sequence[ServiceOffer]) -> list[ServiceOffer]:
    """Return the services that the form offers: those of which a person holds one user group."""
    return [offer for offer in offers if not offer.allows_several][:MOST_TOGETHER]


def addition_form(offers: Sequence[ServiceOffer], answers: AdditionAnswers) -> AdditionForm:
    """Return the form, filled with earlier answers."""
    together = services_on_form(offers)
    fields = {
        _field_name(offer): RadioField(
            offer.name, validate_choice=False, validators=[OfferedGroup(offer)]
        )
        for offer in together
    }
    form = type("AdditionFormWithServices", (AdditionForm,), {"offers": together, **fields})
    filled: dict[str, object] = {
        "email": answers.get("email"),
        "given_name": answers.get("given_name"),
        "family_name": answers.get("family_name"),
        "approver": answers.get("approver", False),
        **PeriodForm.parts(_day(answers.get("first_day")), _day(answers.get("last_day"))),
    }
    for service, groups in answers.get("access", {}).items():
        filled[f"group_{service}"] = groups[0] if groups else NONE
    made: AdditionForm = form(**filled)
    return made


def _day(text: str | None) -> date | None:
    return parse_day(text) if text else None


def _field_name(offer: ServiceOffer) -> str:
    return f"group_{offer.code}"
