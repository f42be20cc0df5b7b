"""An organisation's schools on a day, asked of the database and never held as a whole.

A remit holds only schools that are open, or open but proposed to close, on the day
(docs/decisions/0023). A trust's are those that have joined it, while it is open itself; a local
authority's the state-funded ones in its area, whether it maintains them or not; a diocese's those
that bear its code; `all` is every open establishment; `training` has none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Literal

from sqlalchemy import ColumnElement, Row, Select, SQLColumnExpression, and_, literal, or_, select

from app.database import db
from app.refusal import RefusalError
from app.text_search import contains_words, search_words
from approvals.organisations import queries
from approvals.organisations.kinds import KINDS, Kind, RemitRule
from approvals.organisations.models import Organisation, OrganisationPeriod, TrustLink
from approvals.organisations.register.codes import MAINTAINED_TYPES, STATE_FUNDED_TYPES
from approvals.remits import summaries
from approvals.remits.summaries import EARLIEST_KNOWN, Summary

Scope = Literal["own", "remit", "all", "training"]

Schools = Select[str | None, str, str | None, str, date | None]
SchoolRow = Row[str | None, str, str | None, str, date | None]
"""URN, name, code of the type, ground, and the first day that is known from a file."""

OWN, ALL, TRAINING = "own", "all", "training"
_WITH_SCHOOLS = frozenset(RemitRule) - {RemitRule.OWN}
"""Rules of kinds of organisation that name their remits; a school's is called `own`."""
_STREAM = 2_000


@dataclass(frozen=True)
class School:
    """A school of a remit. `ground` is own, trust, maintained, geographic, diocese or all.

    `basis` is the ground, or "earliest known" for a day before the first file that speaks of it.
    """

    urn: str
    name: str
    ground: str
    earliest_known: bool = False

    @property
    def basis(self) -> str:
        return EARLIEST_KNOWN if self.earliest_known else self.ground


@dataclass(frozen=True)
class Remit:
    """Which schools: `kind` and `key` as they stand in tokens, as of the day `on`.

    `version` is another text whenever the list is another, and may serve as an ETag.
    """

    kind: str
    key: str | None
    on: date
    organisation: Organisation | None = field(default=None, repr=False, compare=False)
    """The school, trust, authority or diocese itself; None for `all` and `training`."""

    @property
    def rule(self) -> RemitRule | None:
        """How the schools are found; None for `all` and `training`."""
        return _rule_of(self.kind)

    @property
    def count(self) -> int:
        return self._summary.count

    @property
    def version(self) -> str:
        return self._summary.version

    @property
    def earliest_known(self) -> int:
        """How many of the schools rest on a file that is newer than the day."""
        return self._summary.earliest_known

    @property
    def schools(self) -> Sequence[School]:
        """All schools, by URN. For a long list ask `page` or `stream`."""
        return list(self.stream())

    def stream(self) -> Iterator[School]:
        """Yield all schools by URN, a few thousand at a time in memory."""
        rows = db.session.execute(
            self._query().order_by(Organisation.urn).execution_options(yield_per=_STREAM)
        )
        return (_school(row, self.on) for row in rows)

    def page(self, *, after: str | None = None, limit: int = 100) -> Sequence[School]:
        """Return the next schools by URN."""
        query = self._query()
        if after is not None:
            query = query.where(Organisation.urn > after)
        rows = db.session.execute(query.order_by(Organisation.urn).limit(limit))
        return [_school(row, self.on) for row in rows]

    def select(self, search: str = "") -> Schools:
        """Select the schools by name: those with every word in the name, or with this URN."""
        query = self._query()
        words = search_words(search)
        if words:
            named = and_(*contains_words(Organisation.search_name, words))
            query = query.where(or_(named, Organisation.urn == search.strip()))
        return query.order_by(Organisation.search_name, Organisation.id)

    def school_in(self, row: SchoolRow) -> School:
        """Return the school of a row of `select`."""
        return _school(row, self.on)

    def contains(self, urn: str) -> bool:
        """Return whether a school is in it. One indexed query."""
        return self.school(urn) is not None

    def school(self, urn: str) -> School | None:
        """Return one school of it, with its basis."""
        row = db.session.execute(self._query().where(Organisation.urn == urn)).first()
        return None if row is None else _school(row, self.on)

    @property
    def _summary(self) -> Summary:
        return summaries.of(
            (self.kind, self.key or "", self.on.isoformat()),
            lambda: ((each.urn, each.name, each.basis) for each in self.stream()),
        )

    def _query(self) -> Schools:
        schools = _WITHOUT_BODY[self.kind] if self.rule is None else _BY_RULE[self.rule]
        return schools(self)


def remit_of(organisation: Organisation, scope: Scope, at: date | datetime) -> Remit:
    """Return the remit of a user group's scope of schools in an organisation at a moment.

    Raises RefusalError for scope `remit` where the kind has none, and for `own` outside schools.
    """
    on = queries.on_day(at)
    if scope in _WITHOUT_BODY:
        return Remit(scope, None, on)
    rule = organisation.facts.remit
    if rule is None or (scope == OWN and rule is not RemitRule.OWN):
        raise RefusalError.of(
            "no_remit", f"{organisation.facts.plural} have no schools of their own."
        )
    kind = OWN if rule is RemitRule.OWN else queries.kind_on(organisation, at)
    key = organisation.identifier
    if key is None:
        raise RefusalError.of(
            "no_remit", f"{organisation.name} has no {organisation.facts.identifier_label}."
        )
    return Remit(kind, key, on, organisation)


def remit_of_key(kind: str, key: str | None, at: date | datetime) -> Remit | None:
    """Return the remit that a token names by kind and key, or None without such a body."""
    if kind in _WITHOUT_BODY:
        return Remit(kind, None, queries.on_day(at)) if key is None else None
    rule = _rule_of(kind)
    if rule is None or key is None:
        return None
    bodies = (each for each in _bodies(kind, rule, key) if kind in (OWN, queries.kind_on(each, at)))
    organisation = next(bodies, None)
    return Remit(kind, key, queries.on_day(at), organisation) if organisation else None


def kinds() -> tuple[str, ...]:
    """Return the kinds of remit, as tokens name them."""
    bodies = (kind.value for kind, facts in KINDS.items() if facts.remit in _WITH_SCHOOLS)
    return OWN, *bodies, *_WITHOUT_BODY


def _rule_of(kind: str) -> RemitRule | None:
    """Return how the schools of a kind of remit are found; None without a body that has schools."""
    if kind == OWN:
        return RemitRule.OWN
    rule = KINDS[Kind(kind)].remit if kind in KINDS else None
    return rule if rule in _WITH_SCHOOLS else None


def _bodies(kind: str, rule: RemitRule, key: str) -> Iterator[Organisation]:
    """Yield the organisations with this rule that the key identifies, those of the kind first.

    A trust that takes in a second school becomes another kind, so the kind is that of a day.
    """
    for present, facts in sorted(KINDS.items(), key=lambda entry: entry[0] != kind):
        if facts.remit is rule and facts.identifier is not None:
            yield from db.session.scalars(
                select(Organisation)
                .where(
                    Organisation.kind == present.value,
                    getattr(Organisation, facts.identifier) == key,
                )
                .order_by(Organisation.id)
            )


def _open_schools(
    on: date, ground: ColumnElement[str], known_from: SQLColumnExpression[date | None]
) -> Schools:
    return (
        select(
            Organisation.urn,
            OrganisationPeriod.name,
            OrganisationPeriod.type_code,
            ground.label("ground"),
            known_from.label("known_from"),
        )
        .join(OrganisationPeriod, OrganisationPeriod.organisation_id == Organisation.id)
        .where(
            Organisation.kind == Kind.ESTABLISHMENT,
            OrganisationPeriod.open,
            OrganisationPeriod.holds_on(on),
        )
    )


def _own_school(remit: Remit) -> Schools:
    query = _open_schools(remit.on, literal("own"), Organisation.known_from)
    return query.where(Organisation.urn == remit.key)


def _all(remit: Remit) -> Schools:
    return _open_schools(remit.on, literal("all"), Organisation.known_from)


def _none(remit: Remit) -> Schools:
    return _all(remit).where(literal(value=False))


def _of_authority(remit: Remit) -> Schools:
    query = _open_schools(remit.on, literal("geographic"), Organisation.la_known_from)
    return query.where(
        OrganisationPeriod.la_code == remit.key,
        OrganisationPeriod.type_code.in_(sorted(STATE_FUNDED_TYPES)),
    )


def _of_diocese(remit: Remit) -> Schools:
    query = _open_schools(remit.on, literal("diocese"), Organisation.diocese_known_from)
    return query.where(OrganisationPeriod.diocese_code == remit.key)


def _of_trust(remit: Remit) -> Schools:
    trust = remit.organisation
    if trust is None or not queries.is_open(trust, remit.on):
        return _none(remit)
    query = _open_schools(remit.on, literal("trust"), TrustLink.known_from)
    return query.join(
        TrustLink,
        and_(
            TrustLink.organisation_id == Organisation.id,
            TrustLink.trust_id == trust.id,
            TrustLink.holds_on(remit.on),
        ),
    )


def _school(row: SchoolRow, on: date) -> School:
    ground = row.ground
    if ground == "geographic" and row.type_code in MAINTAINED_TYPES:
        ground = "maintained"
    return School(row.urn, row.name, ground, row.known_from is not None and on < row.known_from)


_BY_RULE: Mapping[RemitRule, Callable[[Remit], Schools]] = MappingProxyType(
    {
        RemitRule.OWN: _own_school,
        RemitRule.TRUST: _of_trust,
        RemitRule.LOCAL_AUTHORITY: _of_authority,
        RemitRule.DIOCESE: _of_diocese,
    }
)
_WITHOUT_BODY: Mapping[str, Callable[[Remit], Schools]] = MappingProxyType(
    {ALL: _all, TRAINING: _none}
)
