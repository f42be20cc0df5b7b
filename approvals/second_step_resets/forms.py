"""Forms of the pages on which approvers and operators decide about a lost second step."""

from __future__ import annotations

from wtforms import SelectMultipleField, StringField
from wtforms.validators import ValidationError

from app.typed_text import LONGEST_REASON, collapse_spaces
from app.web.forms import Form, TypedText
from approvals.second_step_resets import rules


class ChecksForm(Form):
    """The statements of the identity check, each to be confirmed."""

    checked = SelectMultipleField("Checks", validate_choice=False)

    def validate_checked(self, field: SelectMultipleField) -> None:
        if set(field.data or []) != set(rules.CHECKS):
            raise ValidationError(rules.NOT_CHECKED.sentence.removesuffix("."))


class ReasonForm(Form):
    """The reason of a refusal, which is mailed to the person."""

    reason = StringField(
        "Reason", filters=[collapse_spaces], validators=[TypedText("The reason", LONGEST_REASON)]
    )

    def validate_reason(self, field: StringField) -> None:
        if not field.data:
            raise ValidationError("Enter the reason")
