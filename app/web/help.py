"""Topics of Help: each room adds those of its tasks, and the pages from which they are linked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import request

from app.composition import ExtensionPoint

EVERYBODY, APPROVERS, SERVICES = (
    "For everybody",
    "For approvers",
    "For people who run a service",
)
"""Readers of topics, in the order in which Help lists them."""
READERS = (EVERYBODY, APPROVERS, SERVICES)


@dataclass(frozen=True)
class HelpTopic:
    """One page of Help, with the lowest `order` first among those of its readers.

    slug: its address below /help; the text is the template `help/<slug>.html`. pages: endpoints on
    whose pages the task is done, and which link to the topic. also: words that people search for
    and the text does not have.
    """

    slug: str
    title: str
    readers: str
    order: int
    pages: Sequence[str] = ()
    also: str = ""

    @property
    def template(self) -> str:
        return f"help/{self.slug}.html"


HELP_TOPICS = ExtensionPoint[HelpTopic]("topics of Help", named=lambda topic: topic.slug)


def help_topics() -> dict[str, list[HelpTopic]]:
    """Return the topics by their readers, in order."""
    ordered = sorted(HELP_TOPICS.values(), key=lambda topic: topic.order)
    return {
        readers: [topic for topic in ordered if topic.readers == readers] for readers in READERS
    }


def topic_with(slug: str) -> HelpTopic | None:
    """Return the topic with this address."""
    return next((topic for topic in HELP_TOPICS.values() if topic.slug == slug), None)


def topic_of_page() -> HelpTopic | None:
    """Return the topic of the task that the present page is for, if there is one."""
    return next((topic for topic in HELP_TOPICS.values() if request.endpoint in topic.pages), None)
