"""Help by task: the list of topics, each topic, and all of them on one page to print."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.web import anyone, permit
from app.web.errors import NotFound
from app.web.help import help_topics, topic_with
from identity.settings import settings


def add_to(pages: Blueprint) -> None:
    """Add the pages to the blueprint."""
    pages.get("/help")(help_page)
    pages.get("/help/all")(whole_help)
    pages.get("/help/<topic>")(help_topic)


@permit(anyone)
def help_page() -> str:
    """Show the topics of Help."""
    return render_template("information/help.html", topics=help_topics(), **_facts())


@permit(anyone)
def whole_help() -> str:
    """Show every topic on one page, to be printed."""
    return render_template("information/help_all.html", topics=help_topics(), **_facts())


@permit(anyone)
def help_topic(topic: str) -> str:
    """Show one topic of Help."""
    found = topic_with(topic)
    if found is None:
        raise NotFound("no such topic of Help")
    return render_template("information/help_topic.html", topic=found, **_facts())


def _facts() -> dict[str, object]:
    chosen = settings()
    return {
        "contact": chosen.support_email,
        "hours": chosen.second_step_reset_hours,
        "invitation_days": chosen.invitation_days,
    }
