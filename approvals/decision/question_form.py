"""The form of a question about access, as the address of a page has it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from flask import request

from app.clock import now
from app.days import NotADate, not_in_future, parse_day, parse_moment
from app.typed_text import collapse_spaces
from approvals.decision.access_question import AccessQuestion

LONGEST_SEARCH = 100


@dataclass(frozen=True)
class QuestionForm:
    """Day and school as they were typed, and the moment that they mean.

    at: the present moment where no day was typed, or none that can be used; `error` says why.
    """

    day: str
    school: str
    at: datetime
    error: str = ""

    def question(self, service: str) -> AccessQuestion:
        return AccessQuestion(service, self.at, self.school)

    def refuse(self, error: str) -> QuestionForm:
        """Return the form with an error at its day."""
        return replace(self, error=error, at=now())


def question_form(*, moments: bool = False) -> QuestionForm:
    """Return the form in the address. moments: whether a moment with an offset may be typed."""
    typed = request.args.get("as_of", "").strip()[:40]
    school = (collapse_spaces(request.args.get("school")) or "")[:LONGEST_SEARCH]
    form = QuestionForm(typed, school, now())
    if not typed:
        return form
    try:
        if not moments:
            parse_day(typed)
        return replace(form, at=not_in_future(parse_moment(typed)))
    except NotADate as error:
        return form.refuse(str(error))
