"""Forms of the approvers' pages. The actions' rules judge their contents again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from wtforms import HiddenField, RadioField, SelectMultipleField, StringField
from wtforms.validators import ValidationError

from app.clock import today
from app.days import NotADate, typed_day
from app.typed_text import LONGEST_REASON, collapse_spaces
from app.web.forms import Form, TypedText, validation_error
from approvals.memberships import rules
from approvals.memberships.catalogue import ServiceOffer
from approvals.memberships.journeys import PersonAnswers
from identity.accounts.email_field import EmailAddressField
from identity.accounts.names_form import NamesForm

NONE = "none"


class EmailForm(Form):
    """Form for an email address."""

    email = EmailAddressField("Email address", filters=[collapse_spaces])


class ApproverForm(EmailForm, NamesForm):
    """A person to be an approver."""

    @property
    def person_answers(self) -> PersonAnswers:
        """The answers as a journey stores them."""
        return {
            "email": self.email.data or "",
            "given_name": self.given_name.data or "",
            "family_name": self.family_name.data or "",
        }


class OneGroupForm(Form):
    """User groups of a service that lets a person hold one."""

    groups = RadioField("User group", validate_choice=False)

    def chosen_groups(self) -> list[str]:
        return [] if self.groups.data == NONE else [self.groups.data]

    def offer(self, codes: Iterable[str]) -> None:
        self.codes = {*codes, NONE}

    def validate_groups(self, field: RadioField) -> None:
        if field.data not in self.codes:
            raise ValidationError("Select what this person can see")


class SeveralGroupsForm(Form):
    """User groups of a service that lets a person hold several."""

    groups = SelectMultipleField("User groups", validate_choice=False)

    def chosen_groups(self) -> list[str]:
        return [code for code in self.groups.data or [] if code != NONE]

    def offer(self, codes: Iterable[str]) -> None:
        self.codes = {*codes, NONE}

    def validate_groups(self, field: SelectMultipleField) -> None:
        chosen = field.data or []
        if not chosen or not set(chosen) <= self.codes:
            raise ValidationError("Select what this person can see")
        if NONE in chosen and len(chosen) > 1:
            raise ValidationError("Select user groups, or select no access")


def groups_form(offer: ServiceOffer, answer: list[str] | None) -> OneGroupForm | SeveralGroupsForm:
    """Return the form for one service's user groups, filled with the earlier answer."""
    codes = [group.code for group in offer.groups]
    if offer.allows_several:
        several = SeveralGroupsForm(groups=None if answer is None else answer or [NONE])
        several.offer(codes)
        return several
    one = OneGroupForm(groups=None if answer is None else (answer[0] if answer else NONE))
    one.offer(codes)
    return one


class LastDayForm(Form):
    """A date in three parts, or nothing."""

    day = StringField("Day", filters=[collapse_spaces])
    month = StringField("Month", filters=[collapse_spaces])
    year = StringField("Year", filters=[collapse_spaces])

    @property
    def example_year(self) -> int:
        return today().year + 1

    @classmethod
    def of(cls, last_day: date | None) -> LastDayForm:
        return cls(**cls.parts(last_day))

    @staticmethod
    def parts(last_day: date | None) -> dict[str, int]:
        """Return the values that fill the three fields."""
        if last_day is None:
            return {}
        return {"day": last_day.day, "month": last_day.month, "year": last_day.year}

    def validate_day(self, _field: StringField) -> None:
        parts = {"day": self.day.data, "month": self.month.data, "year": self.year.data}
        if not any(parts.values()):
            return
        missing = [name for name, value in parts.items() if not value]
        if missing:
            raise ValidationError(f"The end date must include a {' and '.join(missing)}")
        try:
            last_day = typed_day(*(value or "" for value in parts.values()))
        except NotADate as error:
            raise ValidationError("The end date must be a real date") from error
        refusal = rules.may_end_on(last_day, today())
        if refusal is not None:
            raise validation_error(refusal)

    def last_day(self) -> date | None:
        """Return the date that was entered; none where nothing, or nothing real, was."""
        try:
            return typed_day(self.day.data or "", self.month.data or "", self.year.data or "")
        except NotADate:
            return None


class ReasonForm(Form):
    """A reason, which is mailed to the person whom it is about."""

    reason = StringField(
        "Reason", filters=[collapse_spaces], validators=[TypedText("The reason", LONGEST_REASON)]
    )

    def validate_reason(self, field: StringField) -> None:
        if not field.data:
            raise ValidationError("Enter the reason")


class Confirmation(Form):
    """A button and nothing else."""


class CheckedAnswers(Confirmation):
    """The button of a check page, with the version of the answers that the page shows."""

    shown = HiddenField()
