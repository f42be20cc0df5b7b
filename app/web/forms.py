"""The base of every form: CSRF protection, validators, GOV.UK widgets."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from flask import Flask, g, request
from flask_wtf import CSRFProtect, FlaskForm
from flask_wtf.csrf import CSRFError
from wtforms import Field, StringField
from wtforms.validators import ValidationError

from app.composition import ExtensionPoint
from app.refusal import Refusal, RefusalError
from app.settings import settings
from app.typed_text import LONGEST_NAME, clean_text


class SentFromHere(CSRFProtect):  # type: ignore[misc]  # Flask-WTF carries no types
    """Check a form's CSRF token and its origin.

    A form is refused if the browser says that it was sent from another site, sibling sub-domains
    included. Browsers that send no such header have the token only.
    """

    def protect(self, apply_exemptions: bool = False) -> None:
        super().protect(apply_exemptions)
        if g.get("csrf_valid") and _sent_from_elsewhere():
            raise CSRFError("sent from elsewhere")


def _sent_from_elsewhere() -> bool:
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site")
    if origin is not None and _origin(origin) != _origin(settings().issuer):
        return True
    return site not in {None, "same-origin", "none"}


def _origin(address: str) -> tuple[str, str | None, int | None] | None:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None


_PORTS = {"https": 443, "http": 80}
csrf = SentFromHere()


class Form(FlaskForm):  # type: ignore[misc]  # its base carries no types
    """Base of all forms: fields of wtforms, which read texts only."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # Flask-WTF carries no types
        def wrap_formdata(self, form: FlaskForm, formdata: object) -> object:
            """Drop files and JSON sent in place of texts: fields read texts only."""
            found = super().wrap_formdata(form, formdata)
            return found if found is formdata or found is None else request.form


def show_refusal(form: Form, refusal: Refusal, field: Field | None = None) -> None:
    """Add a refusal to the errors of a form: beside a field, or above the whole form."""
    if field is None:
        form.form_errors.append(refusal.sentence)
    else:
        field.errors = [*field.errors, _field_error(refusal)]


@contextmanager
def refusal_as_validation_error() -> Iterator[None]:
    """Turn a refusal into the ValidationError of the field that is being validated."""
    try:
        yield
    except RefusalError as error:
        raise validation_error(error.refusal) from error


def validation_error(refusal: Refusal) -> ValidationError:
    """Return the refusal as the error of the field that is being validated."""
    return ValidationError(_field_error(refusal))


def _field_error(refusal: Refusal) -> str:
    # The message of a field has no full stop (GOV.UK style).
    return refusal.sentence.removesuffix(".")


class AtMost:
    """Validator: at most so many characters, said as a sentence."""

    def __init__(self, most: int, label: str) -> None:
        self.most = most
        self.label = label

    def __call__(self, _form: object, field: StringField) -> None:
        if len(field.data or "") > self.most:
            raise ValidationError(f"{self.label} must be {self.most} characters or fewer")


class TypedText:
    """Validator for a text that other people will read: see `app.typed_text`."""

    def __init__(self, label: str, longest: int = LONGEST_NAME) -> None:
        self.label = label
        self.longest = longest

    def __call__(self, _form: object, field: StringField) -> None:
        # As it was sent: the field's filter has joined its lines already.
        text = field.raw_data[0] if field.raw_data else field.data
        with refusal_as_validation_error():
            clean_text(text, self.label, self.longest)


FORMS_FROM_ELSEWHERE = ExtensionPoint[str](
    "forms from elsewhere",
    added=lambda app, endpoint: csrf.exempt(app.view_functions[endpoint]),
)
"""Endpoints to which pages of other sites post, which cannot carry our token."""


def install(app: Flask) -> None:
    """Add CSRF protection and its keys to the application."""
    chosen = settings()
    app.config.update(
        SECRET_KEY=chosen.secret_key.get_secret_value(),
        SECRET_KEY_FALLBACKS=[key.get_secret_value() for key in chosen.secret_key_fallbacks],
        SESSION_COOKIE_NAME="__Host-secure-access-form" if chosen.secure else "secure_access_form",
        SESSION_COOKIE_SECURE=chosen.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_PATH="/",
        WTF_CSRF_TIME_LIMIT=None,
        # A list, the newest last: forms opened under an earlier key can still be sent.
        WTF_CSRF_SECRET_KEY=[
            key.get_secret_value() for key in (*chosen.secret_key_fallbacks, chosen.secret_key)
        ],
        MAX_CONTENT_LENGTH=1024 * 1024,
        MAX_FORM_MEMORY_SIZE=256 * 1024,
        MAX_FORM_PARTS=200,
    )
    csrf.init_app(app)
