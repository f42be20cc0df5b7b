"""The schools of a user group in a few words, counted by the remit that tokens name."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.database import db
from app.refusal import RefusalError
from approvals.organisations.models import Organisation
from approvals.remits.remit import Scope, remit_of

NAMED = 3
"""Schools that are named beside their number."""


@dataclass(frozen=True)
class ScopeSchools:
    """The schools of a scope in an organisation. words: how many. first: the first ones by name.

    listed: whether there is a list of them.
    """

    words: str
    first: Sequence[str] = ()
    more: bool = False
    listed: bool = False

    @property
    def in_words(self) -> str:
        """Their number and the first names: `17 schools, such as Ash, Birch and Cedar`."""
        if not self.first:
            return self.words
        *before, last = self.first
        names = f"{', '.join(before)} and {last}" if before else last
        return f"{self.words}, such as {names}" if self.more else f"{self.words}: {names}"


def schools_of_scopes(
    organisation: Organisation, scopes: Collection[Scope], at: datetime
) -> dict[Scope, ScopeSchools]:
    """Return the schools of each scope in an organisation at a moment."""
    return {scope: _schools(organisation, scope, at) for scope in dict.fromkeys(scopes)}


def schools_in_words(organisation: Organisation, scope: Scope, at: datetime) -> str:
    """Return `12 schools` for a scope of schools in an organisation at a moment."""
    if scope == "all":
        return "All schools"
    if scope == "training":
        return "Made-up schools of the training environment"
    try:
        count = remit_of(organisation, scope, at).count
    except RefusalError as error:
        return str(error)
    return number_of_schools(count)


def number_of_schools(count: int) -> str:
    """Return `1 school` or `12 schools`."""
    return "1 school" if count == 1 else f"{count:,} schools"


def _schools(organisation: Organisation, scope: Scope, at: datetime) -> ScopeSchools:
    words = schools_in_words(organisation, scope, at)
    if scope == "training":
        return ScopeSchools(words)
    if scope == "all":
        return ScopeSchools(words, listed=True)
    try:
        remit = remit_of(organisation, scope, at)
    except RefusalError:
        return ScopeSchools(words)
    first = [row.name for row in db.session.execute(remit.select().limit(NAMED + 1))]
    return ScopeSchools(words, first[:NAMED], more=len(first) > NAMED, listed=bool(first))
