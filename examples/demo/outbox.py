"""The demo's outbox: a page on which the mails that were sent can be read."""

import email
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from flask import Flask, Response, abort, render_template
from markupsafe import Markup

POLICY = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


def create_outbox(folder: Path) -> Flask:
    """Show the `.eml` files of `folder`, newest first."""
    app = Flask(__name__)

    @app.get("/")
    def mails() -> str:
        files = sorted(folder.glob("*.eml"), key=lambda path: path.stat().st_mtime, reverse=True)
        return render_template("outbox.html", mails=[(path.stem, _read(path)) for path in files])

    @app.get("/<name>")
    def mail(name: str) -> str:
        path = folder / f"{name}.eml"
        if path.parent != folder or not path.is_file():
            abort(404)
        return render_template("mail.html", mail=_read(path), text=_text(_read(path)))

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = POLICY
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def _read(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=default)


def _text(mail: EmailMessage) -> Markup:
    """Return the plain text, with its links as links."""
    part = mail.get_body(("plain",))
    lines = part.get_content().splitlines() if part else []
    return Markup("\n").join(
        Markup('<a href="{0}">{0}</a>').format(line.strip())
        if line.strip().startswith(("http://", "https://"))
        else Markup("{}").format(line)
        for line in lines
    )
