"""Help by task: the list of topics, each topic, and all of them on one page to print."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from jinja2.filters import do_striptags

from app.typed_text import collapse_spaces
from app.web import anyone, permit
from app.web.errors import NotFound
from app.web.help import HelpTopic, help_topics, topic_with
from identity.information.help_search import search_topics
from identity.settings import settings

LONGEST_SEARCH = 100


def add_to(pages: Blueprint) -> None:
    """Add the pages to the blueprint."""
    pages.get("/help")(help_page)
    pages.get("/help/all")(whole_help)
    pages.get("/help/<topic>")(help_topic)


@permit(anyone)
def help_page() -> str:
    """Show the topics of Help, or those that match a search."""
    search = (collapse_spaces(request.args.get("q")) or "")[:LONGEST_SEARCH]
    return render_template(
        "information/help.html",
        topics=help_topics(),
        search=search,
        found=search_topics(search, _texts()) if search else None,
        **_facts(),
    )


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


def _texts() -> list[tuple[HelpTopic, str]]:
    """Return the topics with their words: title, text, and those that they are to be found by."""
    facts = _facts()
    return [
        (
            topic,
            f"{topic.title} {topic.also} {do_striptags(render_template(topic.template, **facts))}",
        )
        for listed in help_topics().values()
        for topic in listed
    ]


def _facts() -> dict[str, object]:
    chosen = settings()
    return {
        "contact": chosen.support_email,
        "hours": chosen.second_step_reset_hours,
        "invitation_days": chosen.invitation_days,
    }
