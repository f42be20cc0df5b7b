"""Mail templates rendered as text in which only our own addresses can become links.

Mail programs turn whatever looks like a web address into a link. The values that fill a template
come from people, clients and registers, so each is broken up where it looks like one. Links are
written in templates as `{{ issuer }}{{ path }}`, on a line of their own.
"""

import re

from flask import current_app
from jinja2 import Environment

from app.context import PerApplication
from app.settings import settings

# "evil.example" and "www.evil.example", but neither "J.R. Hartley" nor "3.14".
_HOST_NAME = re.compile(r"(?<=\w)([.。．｡])(?=[^\W\d_][\w-])")
_EMAIL_ADDRESS = re.compile(r"(?i)(?!www\.)[\w.+'-]+@[\w.-]+")


class Verbatim(str):
    """A text that goes into a mail unchanged: our own address, or a mail that was rendered."""

    __slots__ = ()


def render_mail(template: str, context: dict[str, object]) -> tuple[str, str]:
    """Return subject and body: the template's first line, and the rest."""
    source = _environment().get_template(f"mail/{template}.txt")
    rendered = source.render(issuer=Verbatim(settings().issuer), **context)
    subject, _, body = rendered.strip().partition("\n")
    return _one_line(subject), body.strip() + "\n"


def without_links(value: object) -> object:
    """Return a text on one line in which no mail program finds a web address.

    An e-mail address stays as it is.
    """
    if isinstance(value, Verbatim) or not isinstance(value, str):
        return value
    if _EMAIL_ADDRESS.fullmatch(value):
        return value
    return _HOST_NAME.sub(r"\1 ", _one_line(value).replace("://", ": //"))


_environment: PerApplication[Environment] = PerApplication(
    "secure_access.mail_templates",
    lambda: current_app.jinja_env.overlay(finalize=without_links),
)


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
