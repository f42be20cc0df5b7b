"""Signing in and out with Authlib's client, and the tokens of a session."""

import json
import threading
import time
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any

from authlib.integrations.flask_client import OAuthError
from flask import Blueprint, abort, current_app, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from joserfc.errors import JoseError

pages = Blueprint("sign_in", __name__)
one_refresh = threading.Lock()


def key_hash() -> str:
    """Return the hash of the cookie's key, under which the store has the tokens."""
    return sha256(session.get("key", "").encode()).hexdigest()


def forget() -> None:
    """Delete the session from the store and the browser."""
    g.store.delete(key_hash())
    session.clear()


def session_tokens() -> dict[str, Any]:
    """Return the session's tokens, among them a fresh access token for the reports API."""
    with one_refresh:  # of two clicks at once only one may spend the refresh token
        tokens: dict[str, Any] = json.loads(g.store.get(key_hash()) or abort(401))
        if tokens["expires_at"] < time.time() + 30:
            grant = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
            try:
                tokens |= g.client.fetch_access_token(**grant, resource=g.api.resource)
            except OAuthError:
                abort(401, "You have been signed out, or your access has changed or ended.")
            g.store.set(key_hash(), json.dumps(tokens), 60 * 60)
    return tokens


@pages.get("/")
@pages.get("/signed-out")
def start() -> ResponseReturnValue:
    """Show the start page."""
    return redirect("/schools") if "key" in session else render_template("start.html")


@pages.route("/sign-in", methods=["GET", "POST"])
def begin() -> Any:
    """Begin a sign-in; by POST to choose another organisation.

    Authlib adds state, nonce and PKCE challenge.
    """
    other = {"prompt": "select_account"} if request.method == "POST" else {}
    return g.client.authorize_redirect(f"{current_app.config['BASE_URL']}/callback", **other)


@pages.get("/callback")
def callback() -> ResponseReturnValue:
    """Receive the response to a sign-in, and begin the session."""
    try:
        if request.args.get("iss") != g.api.issuer:  # RFC 9207
            raise OAuthError("another issuer answered")
        asked, tokens = time.time(), g.client.authorize_access_token(resource=g.api.resource)
    except (OAuthError, JoseError) as error:
        if getattr(error, "error", None) == "access_denied":  # RFC 6749, 4.1.2.1
            return render_template("start.html", cancelled=True)
        current_app.logger.warning("sign-in failed: %s", error)
        abort(400, "The sign-in did not finish, or it began in another browser. Start it again.")
    tokens["userinfo"]["iat"] = asked  # what ends from now on ends this session (Endings)
    where = session.get("next", "/schools")
    forget()
    session["key"] = token_urlsafe(32)
    g.store.set(key_hash(), json.dumps(tokens), 60 * 60)
    return redirect(current_app.config["BASE_URL"] + where)


@pages.post("/sign-out")
def end() -> Any:
    """Revoke the session's tokens and end it.

    A refresh token with `offline_access` would outlive the sign-out at Secure Access.
    """
    tokens, back = session_tokens(), f"{current_app.config['BASE_URL']}/signed-out"
    forget()
    g.api.call("revocation_endpoint", token=tokens["refresh_token"])
    return g.client.logout_redirect(back, id_token_hint=tokens["id_token"])


@pages.post("/back-channel-logout")
def hear() -> ResponseReturnValue:
    """Receive the notice of Secure Access that a session or an access has ended."""
    g.api.hear(request.form["logout_token"])
    return ""
