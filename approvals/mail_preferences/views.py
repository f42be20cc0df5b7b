"""The page on which approvers and operators choose how they get mails about tasks."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.web.authorisation import permit
from approvals.mail_preferences.forms import DAILY, HOURS, ONE_BY_ONE, USUAL_HOUR, MailForm
from approvals.task_mails import actions
from identity.sessions.access import signed_in
from identity.sessions.current_session import signed_in_session

pages = Blueprint("mail_preferences", __name__)


@pages.route("/account/task-mails", methods=["GET", "POST"])
@permit(signed_in)
def task_mails() -> ResponseReturnValue:
    """Show the choice, and store it."""
    account_id = signed_in_session().account_id
    hour = actions.digest_hour(account_id)
    form = MailForm(
        choice=ONE_BY_ONE if hour is None else DAILY,
        hour=str(USUAL_HOUR if hour is None else hour),
    )
    if form.validate_on_submit():
        if actions.choose_digest(account_id, form.digest_hour):
            chosen = actions.in_words(form.digest_hour)
            flash(f"You get emails about tasks {chosen}.", "success")
        return redirect(url_for("accounts.account"), 303)
    return render_template("mail_preferences/task_mails.html", form=form, hours=HOURS)
