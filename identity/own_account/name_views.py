"""Page on which a person changes their name."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.web.authorisation import permit
from identity.accounts.names_form import NamesForm
from identity.own_account import actions
from identity.own_account.blueprint import blueprint
from identity.sessions.access import signed_in
from identity.sessions.current_session import signed_in_session


@blueprint.get("/account/name")
@permit(signed_in)
def change_name() -> ResponseReturnValue:
    """Show the form for a change of the name."""
    account = signed_in_session().account
    return _page(NamesForm(given_name=account.given_name, family_name=account.family_name))


@blueprint.post("/account/name")
@permit(signed_in)
def submit_name() -> ResponseReturnValue:
    """Change the name."""
    form = NamesForm()
    if not form.validate_on_submit():
        return _page(form)
    name = actions.change_name(
        signed_in_session(), form.given_name.data or "", form.family_name.data or ""
    )
    if name is not None:
        flash(f"Your name is now {name}.", "success")
    return redirect(url_for("accounts.account"), code=303)


def _page(form: NamesForm) -> ResponseReturnValue:
    return render_template("own_account/name.html", form=form)
