"""The pages: choose a request, see each step, do more with the tokens."""

import threading
from dataclasses import dataclass, field
from secrets import token_urlsafe

from flask import (
    Blueprint,
    Flask,
    Response,
    abort,
    g,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask.typing import ResponseReturnValue
from flask_wtf import CSRFProtect
from requests import RequestException
from werkzeug.exceptions import BadRequest, HTTPException, ServiceUnavailable

from examples.playground.provider import Provider, Settings
from examples.playground.sign_in import ACTIONS, SignIn, SignInOptions
from examples.resource_server import Refused

SCOPES = ("openid", "profile", "email", "organisation", "access", "offline_access")
AT_FIRST = SCOPES[:-1]
NOT_SECONDS = "Enter the age as a number of seconds, such as 300, or leave it empty"
MOST = 200
"""Sign-ins that are remembered; the oldest is forgotten first."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; "
    "base-uri 'none'; frame-ancestors 'none'; form-action 'self' ",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
pages = Blueprint("pages", __name__)


@dataclass
class Desk:
    """Shared by all requests, in memory: the provider, and the sign-ins in progress."""

    provider: Provider
    sign_ins: dict[str, SignIn] = field(default_factory=dict)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, sign_in: SignIn) -> None:
        while len(self.sign_ins) >= MOST:
            del self.sign_ins[next(iter(self.sign_ins))]
        self.sign_ins[sign_in.identifier] = sign_in

    def waiting_for(self, state: str | None) -> SignIn | None:
        """Return the sign-in of this browser that waits for a response with that state."""
        mine = (each for each in self.sign_ins.values() if each.owner == session.get("owner"))
        return next((each for each in mine if each.state and each.state == state), None)


def create_playground(settings: Settings) -> Flask:
    """Return the playground, which looks like the example application."""
    app = Flask(__name__, static_folder="../school_performance/static")
    app.secret_key = token_urlsafe()
    app.config.update(SESSION_COOKIE_NAME="playground", SESSION_COOKIE_SAMESITE="Lax")
    desk = Desk(Provider(settings))

    @app.before_request
    def prepare() -> None:
        g.desk = desk

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers.update(HEADERS)
        # A form's policy counts for the redirects that follow: signing out leads to the issuer.
        response.headers["Content-Security-Policy"] += settings.issuer
        return response

    CSRFProtect(app).exempt(callback)
    app.register_blueprint(pages)
    app.register_error_handler(HTTPException, refuse)
    app.register_error_handler(Refused, lambda error: refuse(BadRequest(str(error))))
    app.register_error_handler(RequestException, lambda _: refuse(ServiceUnavailable()))
    return app


def refuse(error: HTTPException) -> ResponseReturnValue:
    """Show an error of the playground."""
    return render_template("refused.html", error=error), error.code or 500


def mine(identifier: str) -> SignIn:
    """Return the sign-in, for the browser that began it only."""
    found: SignIn | None = g.desk.sign_ins.get(identifier)
    if found is None or found.owner != session.get("owner"):
        abort(404)
    return found


@pages.route("/", methods=["GET", "POST"])
def start() -> ResponseReturnValue:
    """Show the form of a sign-in, and begin it."""
    chosen, mistake = SignInOptions(" ".join(AT_FIRST)), ""
    if request.method == "POST":
        chosen = _read_options()
        mistake = "" if chosen.max_age.isdecimal() or not chosen.max_age else NOT_SECONDS
        if not mistake:
            owner = session.setdefault("owner", token_urlsafe(32))
            sign_in = SignIn(chosen, owner, g.desk.provider)
            sign_in.begin()
            g.desk.keep(sign_in)
            return redirect(url_for("pages.steps", identifier=sign_in.identifier), 303)
    provider: Provider = g.desk.provider
    return render_template(
        "start.html",
        chosen=chosen,
        mistake=mistake,
        scopes=SCOPES,
        prompts=provider.supports("prompt_values_supported"),
        levels=provider.supports("acr_values_supported"),
        modes=provider.supports("response_modes_supported"),
        settings=provider.settings,
    )


def _read_options() -> SignInOptions:
    form = request.form
    texts = {name: form.get(name, "") for name in ("prompt", "acr_values", "response_mode")}
    return SignInOptions(
        scope=" ".join(form.getlist("scope")),
        max_age=form.get("max_age", "").strip(),
        pushed="pushed" in form,
        **texts,
    )


@pages.get("/sign-ins/<identifier>")
def steps(identifier: str) -> ResponseReturnValue:
    """Show the steps of a sign-in."""
    return render_template("steps.html", sign_in=mine(identifier), actions=ACTIONS)


@pages.route("/callback", methods=["GET", "POST"])
def callback() -> ResponseReturnValue:
    """Receive the response to a sign-in of this browser; every other is refused."""
    how = "By form post" if request.method == "POST" else "By redirect"
    received = request.values.to_dict()
    signed = received.get("response")
    state = (g.desk.provider.answer(signed) if signed else received).get("state")
    with g.desk.one_at_a_time:
        sign_in = g.desk.waiting_for(state)
        if sign_in is None:
            abort(400, "This answer belongs to no sign-in that this browser has begun here.")
        sign_in.finish(how, received)
    return redirect(url_for("pages.steps", identifier=sign_in.identifier), 303)


@pages.post("/sign-ins/<identifier>/<name>")
def act(identifier: str, name: str) -> ResponseReturnValue:
    """Act one at a time: a refresh token that is used twice ends everything."""
    with g.desk.one_at_a_time:
        sign_in = mine(identifier)
        action = ACTIONS.get(name) or abort(404)
        if action.needs not in sign_in.tokens:
            abort(400, "There is no token for that.")
        anchor = f"step-{len(sign_in.steps) + 1}"
        action.act(sign_in)
    return redirect(url_for("pages.steps", identifier=identifier, _anchor=anchor), 303)


@pages.post("/sign-ins/<identifier>/sign-out")
def sign_out(identifier: str) -> ResponseReturnValue:
    """Begin the sign-out at Secure Access."""
    return redirect(mine(identifier).leave(), 303)


@pages.get("/signed-out")
def signed_out() -> ResponseReturnValue:
    """Show the end of a sign-out."""
    return render_template("signed_out.html", sign_in=mine(request.args.get("state", "")))
