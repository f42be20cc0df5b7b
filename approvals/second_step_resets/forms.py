"""Forms of the pages on which approvers and operators decide about a lost second step."""

from __future__ import annotations

from wtforms import SelectMultipleField
from wtforms.validators import ValidationError

from app.web.forms import Form
from approvals.second_step_resets import rules


class ChecksForm(Form):
    """The statements of the identity check, each to be confirmed."""

    checked = SelectMultipleField("Checks", validate_choice=False)

    def validate_checked(self, field: SelectMultipleField) -> None:
        if set(field.data or []) != set(rules.CHECKS):
            raise ValidationError(rules.NOT_CHECKED.sentence.removesuffix("."))
