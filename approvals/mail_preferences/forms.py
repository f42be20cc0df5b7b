"""Form for the choice of a digest."""

from __future__ import annotations

from wtforms import StringField
from wtforms.validators import ValidationError

from app.web.forms import Form
from approvals.task_mails.actions import hour_in_words

ONE_BY_ONE, DAILY = "one_by_one", "daily"
USUAL_HOUR = 7
HOURS = {str(hour): hour_in_words(hour) for hour in range(24)}
"""Hours of a day in words, by the value of the field."""


class MailForm(Form):
    """Mails as they come, or one a day at an hour of the day in London."""

    choice = StringField("How do you want to get emails about tasks?")
    hour = StringField("Time of the daily email")

    def validate_choice(self, field: StringField) -> None:
        """Check that one of the two was chosen."""
        if field.data not in {ONE_BY_ONE, DAILY}:
            raise ValidationError("Select how you want to get these emails")

    def validate_hour(self, field: StringField) -> None:
        """Check the hour, which counts for a digest only."""
        if self.choice.data == DAILY and field.data not in HOURS:
            raise ValidationError("Select a time")

    @property
    def digest_hour(self) -> int | None:
        """The hour that was chosen; None for mails as they come."""
        return int(self.hour.data or "") if self.choice.data == DAILY else None
