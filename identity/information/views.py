"""Routes of this room. Anybody may read these pages, signed in or not."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.web import anyone, permit
from identity.information.cookies import cookies
from identity.settings import settings

blueprint = Blueprint("information", __name__)


@blueprint.get("/help")
@permit(anyone)
def help_page() -> str:
    return render_template("information/help.html", contact=settings().support_email)


@blueprint.get("/privacy")
@permit(anyone)
def privacy() -> str:
    return render_template("information/privacy.html", contact=settings().support_email)


@blueprint.get("/cookies")
@permit(anyone)
def cookies_page() -> str:
    return render_template("information/cookies.html", cookies=cookies())


@blueprint.get("/accessibility")
@permit(anyone)
def accessibility() -> str:
    return render_template("information/accessibility.html", contact=settings().support_email)
