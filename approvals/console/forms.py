"""Forms of the operators' pages."""

from wtforms import StringField
from wtforms.validators import ValidationError

from app.web.forms import AtMost, tidy
from approvals.memberships.forms import LONGEST_NAME, EmailForm


class ApproverForm(EmailForm):
    given_name = StringField(
        "First name", filters=[tidy], validators=[AtMost(LONGEST_NAME, "First name")]
    )
    family_name = StringField(
        "Last name", filters=[tidy], validators=[AtMost(LONGEST_NAME, "Last name")]
    )

    def validate_given_name(self, field: StringField) -> None:
        if not field.data:
            raise ValidationError("Enter a first name")

    def validate_family_name(self, field: StringField) -> None:
        if not field.data:
            raise ValidationError("Enter a last name")
