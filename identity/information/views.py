"""Routes of this room. Anybody may read these pages, signed in or not."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, Response, current_app, render_template

from app.clock import now
from app.settings import settings as app_settings
from app.web import anyone, permit
from app.web.errors import NotFound
from identity.information import contact_views, facts, help_views
from identity.information.cookies import cookies
from identity.information.status import status
from identity.settings import settings

blueprint = Blueprint("information", __name__)
PICTURES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}


contact_views.add_to(blueprint)
help_views.add_to(blueprint)


@blueprint.get("/mark")
@permit(anyone)
def mark() -> Response:
    """Return the mark of the organisation that runs the service, or the neutral one."""
    picture = app_settings().mark or Path(current_app.static_folder or "") / "icon.svg"
    response = Response(picture.read_bytes(), mimetype=PICTURES[picture.suffix.lower()])
    response.cache_control.max_age = 3600
    return response


@blueprint.get("/status")
@permit(anyone)
def status_page() -> str:
    """Show whether the service works. The page reads no session: the database may be down."""
    return render_template("information/status.html", **vars(status()), at=now())


@blueprint.get("/privacy")
@permit(anyone)
def privacy() -> str:
    """Show the privacy page."""
    return render_template(
        "information/privacy.html",
        contact=facts.privacy_contact(),
        settings=settings(),
        retention=facts.retention(),
    )


@blueprint.get(facts.SECURITY_TXT_PATH)
@permit(anyone)
def security_txt() -> Response:
    """Return where to report a weakness (RFC 9116)."""
    text = facts.security_txt(app_settings().issuer, now())
    if text is None:
        raise NotFound("no contact for reports of weaknesses is set")
    return Response(text, content_type="text/plain; charset=utf-8")


@blueprint.get("/cookies")
@permit(anyone)
def cookies_page() -> str:
    """Show the page about cookies."""
    return render_template("information/cookies.html", cookies=cookies())


@blueprint.get("/accessibility")
@permit(anyone)
def accessibility() -> str:
    """Show the accessibility statement."""
    return render_template("information/accessibility.html", contact=settings().support_email)
