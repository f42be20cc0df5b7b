"""A check of the templates of mails, before a server or a reload uses them."""

from __future__ import annotations

from flask import Flask
from jinja2 import TemplateError, TemplateSyntaxError

MAILS = "mail/"


def why_unreadable(app: Flask) -> str | None:
    """Return a sentence on the first template of a mail that cannot be compiled.

    A page whose template fails fails alone. A mail is rendered in the transaction of the change
    that it reports, so the change would fail.
    """
    for name in app.jinja_env.list_templates(filter_func=lambda name: name.startswith(MAILS)):
        try:
            app.jinja_env.get_template(name)
        except TemplateSyntaxError as error:
            return (
                f"The template {error.name or name} fails in line {error.lineno}: {error.message}"
            )
        except (TemplateError, OSError, UnicodeDecodeError) as error:
            return f"The template {name} cannot be read: {error}"
    return None
