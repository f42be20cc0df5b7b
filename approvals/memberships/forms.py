"""Forms of the approvers' pages. The actions' rules judge their contents again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from wtforms import HiddenField, RadioField, SelectMultipleField, StringField
from wtforms.validators import ValidationError

from app.clock import today
from app.days import NotADate, typed_day
from app.typed_text import LONGEST_REASON, collapse_spaces
from app.web.forms import Form, TypedText, validation_error
from approvals.memberships import rules, stand_in_rules
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
    made = (SeveralGroupsForm if offer.allows_several else OneGroupForm)(
        groups=_selected(offer, answer)
    )
    made.offer(group.code for group in offer.groups)
    return made


def _selected(offer: ServiceOffer, answer: list[str] | None) -> list[str] | str | None:
    """Return the value of the field for the user groups that were chosen; None for no answer."""
    if answer is None:
        return None
    chosen = answer or [NONE]
    return chosen if offer.allows_several else chosen[0]


class PeriodForm(Form):
    """The first and the last day of access, each a date in three parts, or nothing."""

    start_day = StringField("Day", filters=[collapse_spaces])
    start_month = StringField("Month", filters=[collapse_spaces])
    start_year = StringField("Year", filters=[collapse_spaces])
    day = StringField("Day", filters=[collapse_spaces])
    month = StringField("Month", filters=[collapse_spaces])
    year = StringField("Year", filters=[collapse_spaces])

    @property
    def example_year(self) -> int:
        return today().year + 1

    @staticmethod
    def parts(first_day: date | None, last_day: date | None) -> dict[str, str]:
        """Return the values that fill the fields."""
        filled: dict[str, str] = {}
        for prefix, day in (("start_", first_day), ("", last_day)):
            if day is not None:
                filled[f"{prefix}day"] = str(day.day)
                filled[f"{prefix}month"] = str(day.month)
                filled[f"{prefix}year"] = str(day.year)
        return filled

    def validate_start_day(self, _field: StringField) -> None:
        first_day = _entered_day(self._first_day_parts(), "The start date")
        refusal = rules.may_start_on(first_day, today(), last_day=self.last_day())
        if refusal is not None:
            raise validation_error(refusal)

    def validate_day(self, _field: StringField) -> None:
        refusal = rules.may_end_on(_entered_day(self._last_day_parts(), "The end date"), today())
        if refusal is not None:
            raise validation_error(refusal)

    def first_day(self) -> date | None:
        """Return the first day that was entered; none where nothing, or nothing real, was."""
        return _day_or_none(self._first_day_parts())

    def last_day(self) -> date | None:
        """Return the last day that was entered; none where nothing, or nothing real, was."""
        return _day_or_none(self._last_day_parts())

    def _first_day_parts(self) -> dict[str, str | None]:
        return {
            "day": self.start_day.data,
            "month": self.start_month.data,
            "year": self.start_year.data,
        }

    def _last_day_parts(self) -> dict[str, str | None]:
        return {"day": self.day.data, "month": self.month.data, "year": self.year.data}


class OneGroupPeriodForm(OneGroupForm, PeriodForm):
    """One user group of a service, with the days of its access."""


class SeveralGroupsPeriodForm(SeveralGroupsForm, PeriodForm):
    """User groups of a service that lets a person hold several, with the days of their access."""


def change_form(
    offer: ServiceOffer, answer: list[str] | None, first_day: date | None, last_day: date | None
) -> OneGroupPeriodForm | SeveralGroupsPeriodForm:
    """Return the form for a change of a person's access to one service, filled as it is now."""
    made = (SeveralGroupsPeriodForm if offer.allows_several else OneGroupPeriodForm)(
        groups=_selected(offer, answer), **PeriodForm.parts(first_day, last_day)
    )
    made.offer(group.code for group in offer.groups)
    return made


class StandInForm(PeriodForm):
    """The first and the last day of a stand-in. Both are needed."""

    def validate_start_day(self, _field: StringField) -> None:
        first_day = _entered_day(self._first_day_parts(), "The first day")
        refusal = stand_in_rules.may_begin_on(first_day, today(), self.last_day())
        if refusal is not None:
            raise validation_error(refusal)

    def validate_day(self, _field: StringField) -> None:
        last_day = _entered_day(self._last_day_parts(), "The last day")
        refusal = stand_in_rules.may_last(self.first_day(), last_day)
        if refusal is not None:
            raise validation_error(refusal)


def _entered_day(parts: Mapping[str, str | None], label: str) -> date | None:
    """Return the date in the parts; none where all are empty. Raises ValidationError."""
    if not any(parts.values()):
        return None
    missing = [name for name, value in parts.items() if not value]
    if missing:
        raise ValidationError(f"{label} must include a {' and '.join(missing)}")
    try:
        return typed_day(*(value or "" for value in parts.values()))
    except NotADate as error:
        raise ValidationError(f"{label} must be a real date") from error


def _day_or_none(parts: Mapping[str, str | None]) -> date | None:
    try:
        return typed_day(*(value or "" for value in parts.values()))
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
