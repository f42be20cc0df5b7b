"""The contact form."""

from __future__ import annotations

from flask import Blueprint, render_template
from wtforms import RadioField, StringField, TextAreaField
from wtforms.validators import ValidationError

from app.audit.record import request_id
from app.clock import now
from app.typed_text import collapse_spaces
from app.web import anyone, permit
from app.web.client_address import client_network
from app.web.errors import TooManyRequests
from app.web.forms import Form, TypedText
from identity.accounts.email_field import EmailAddressField
from identity.information.contact import MESSAGES_AN_HOUR, Message, send_message
from identity.settings import settings

LONGEST = 2000
SUBJECTS = {
    "sign-in": "I cannot sign in",
    "access": "I cannot see what I need in a service",
    "approver": "My organisation has no approver, or nobody answers",
    "data": "A question about my personal data",
    "other": "Something else",
}


class ContactForm(Form):
    """A message, and whom to answer."""

    subject = RadioField("What is it about?", validate_choice=False)
    text = TextAreaField("Your message")
    name = StringField("Your name", filters=[collapse_spaces], validators=[TypedText("Your name")])
    email = EmailAddressField("Your email address", filters=[collapse_spaces])

    def validate_subject(self, field: RadioField) -> None:
        if field.data not in SUBJECTS:
            raise ValidationError("Select what it is about")

    def validate_text(self, field: TextAreaField) -> None:
        length = len((field.data or "").strip())
        if not length:
            raise ValidationError("Enter your message")
        if length > LONGEST:
            raise ValidationError(f"Your message must be {LONGEST:,} characters or fewer")

    def message(self) -> Message:
        """Return the message of a valid form."""
        return Message(
            subject=SUBJECTS[self.subject.data],
            text=(self.text.data or "").strip(),
            name=self.name.data or "",
            email=self.email.data or "",
        )


def add_to(pages: Blueprint) -> None:
    """Add the page to the blueprint."""
    pages.route("/contact", methods=["GET", "POST"])(contact)


@permit(anyone)
def contact() -> str:
    """Ask for a message, and show its reference once it is sent."""
    form = ContactForm()
    if settings().support_email is None or not form.validate_on_submit():
        return render_template(
            "information/contact.html",
            form=form,
            subjects=SUBJECTS,
            longest=LONGEST,
            contact=settings().support_email,
        )
    wait = send_message(form.message(), client_network(), request_id(), now())
    if wait:
        raise TooManyRequests(
            "contact form",
            description=f"We take {MESSAGES_AN_HOUR} messages an hour from one network. "
            "Send yours later.",
            retry_after=int(wait.total_seconds()) + 1,
        )
    return render_template("information/contact_sent.html", request_id=request_id())
