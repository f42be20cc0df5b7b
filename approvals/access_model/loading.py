"""Loading services' files: all given or none, each as a version if it says anything new."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.actors import Actor, current_actor
from app.audit import Event, record
from app.clock import now
from app.database import writing
from app.refusal import RefusalError
from approvals.access_model import schema
from approvals.access_model.definition import ListedOrganisation, Scope, ServiceDefinition
from approvals.access_model.models import ListedOrganisation as ListedRow
from approvals.access_model.models import Service, ServiceVersion
from approvals.access_model.schema import SchemaProblem, UnusableFile
from approvals.organisations.actions import add_organisation
from approvals.organisations.kinds import KINDS, Kind, RemitRule
from approvals.organisations.models import Organisation, search_name
from identity.oidc.cache import raise_revision

EVENTS = [
    Event(
        "service.loaded",
        "{actor} loaded version {number} of the access model of {service}.",
        required={"service", "number", "after"},
    ),
    Event(
        "service.organisation_listed",
        "{organisation} was listed in the access model of {service}.",
        required={"service", "organisation", "key"},
    ),
    Event("access.explained", "{actor} looked up the access of {what}.", required={"what"}),
]
SHIPPED = Path(__file__).parent / "services"
IDENTIFIERS = ("urn", "uid", "la_code", "diocese_code", "ukprn")


@dataclass(frozen=True, slots=True)
class LoadedFile:
    """Result of loading a file. `new` is false where it said nothing new."""

    service: str
    number: int
    new: bool
    added: tuple[str, ...]
    """Names of the organisations that had to be added."""


def scopes_of_kinds() -> Mapping[str, frozenset[Scope]]:
    """Return the scopes of schools that fit each kind of organisation."""
    own: Mapping[RemitRule | None, Scope] = {RemitRule.OWN: "own"}
    return {
        kind.value: frozenset(
            {"all", "training", own.get(facts.remit, "remit") if facts.remit else "all"}
        )
        for kind, facts in KINDS.items()
    }


def load(files: Sequence[Path], *, actor: Actor | None = None) -> list[LoadedFile]:
    """Load files. Raises UnusableFile with every problem of every file, having loaded none."""
    definitions: list[tuple[str, ServiceDefinition]] = []
    problems: list[SchemaProblem] = []
    for path in files:
        try:
            content = path.read_bytes()
            definitions.append((str(path), schema.read(content, str(path), scopes_of_kinds())))
        except OSError as error:
            problems.append(SchemaProblem(str(path), "file", error.strerror or "cannot be read"))
        except UnusableFile as error:
            problems += error.problems
    if problems:
        raise UnusableFile(problems)
    with writing() as session:
        return [_load(session, file, each, actor) for file, each in definitions]


def load_shipped() -> str:
    """Load the files of the product, each once; a version loaded later stays in force."""
    loaded = []
    for path in sorted(SHIPPED.glob("*.toml")):
        definition = schema.read(path.read_bytes(), path.name, scopes_of_kinds())
        with writing() as session:
            if not _was_ever_loaded(session, definition):
                _load(session, path.name, definition, None)
                loaded.append(definition.name)
    return f"loaded {', '.join(loaded)}" if loaded else "nothing new"


def _load(
    session: Session, file: str, definition: ServiceDefinition, actor: Actor | None
) -> LoadedFile:
    service = session.scalars(select(Service).where(Service.code == definition.code)).first()
    if service is None:
        service = Service(code=definition.code, created_at=now())
        session.add(service)
        session.flush()
    added = _settle_listed(session, file, service, definition, actor)
    data, sha256 = _canonical(definition)
    before = session.scalars(
        select(ServiceVersion)
        .where(ServiceVersion.service_id == service.id)
        .order_by(ServiceVersion.number.desc())
        .limit(1)
    ).first()
    if before is not None and before.sha256 == sha256:
        return LoadedFile(service.code, before.number, False, added)
    version = ServiceVersion(
        service_id=service.id,
        number=before.number + 1 if before else 1,
        valid_from=now(),
        definition=data,
        sha256=sha256,
        loaded_by=(actor or current_actor()).identifier,
    )
    session.add(version)
    session.flush()
    raise_revision()
    record(
        "service.loaded",
        actor=actor,
        service=service.code,
        before={"number": before.number, "sha256": before.sha256} if before else None,
        after={"number": version.number, "sha256": sha256},
        number=version.number,
        file=Path(file).name,
    )
    return LoadedFile(service.code, version.number, True, added)


def _was_ever_loaded(session: Session, definition: ServiceDefinition) -> bool:
    return (
        session.scalar(
            select(ServiceVersion.id)
            .join(Service, Service.id == ServiceVersion.service_id)
            .where(
                Service.code == definition.code,
                ServiceVersion.sha256 == _canonical(definition)[1],
            )
            .limit(1)
        )
        is not None
    )


def _canonical(definition: ServiceDefinition) -> tuple[dict[str, object], str]:
    """Return the stored form and its hash.

    Defaults are left out, so that a later key with a default changes nothing.
    """
    data = definition.model_dump(mode="json", exclude_defaults=True)
    return data, hashlib.sha256(json.dumps(data).encode()).hexdigest()


def _settle_listed(
    session: Session,
    file: str,
    service: Service,
    definition: ServiceDefinition,
    actor: Actor | None,
) -> tuple[str, ...]:
    """Tie each key of the file to an organisation. Returns the names of those that were added."""
    settled = {
        row.key: row
        for row in session.scalars(select(ListedRow).where(ListedRow.service_id == service.id))
    }
    added = []
    for number, listed in enumerate(definition.organisations, 1):
        place = f"organisations[{number}]"
        if listed.key in settled:
            meant = session.get_one(Organisation, settled[listed.key].organisation_id)
            if not _is(meant, listed):
                reason = (
                    f"{listed.key} already stands for {meant.name}: give another one its own key"
                )
                raise UnusableFile([SchemaProblem(file, f"{place}.key", reason)])
            continue
        organisation = _find(session, listed)
        if organisation is None:
            try:
                organisation = add_organisation(
                    Kind(listed.kind),
                    listed.name,
                    diocese_code=listed.diocese_code,
                    ukprn=listed.ukprn,
                    actor=actor,
                )
            except RefusalError as error:
                raise UnusableFile(
                    [SchemaProblem(file, place, f"{listed.name}: {error}")]
                ) from error
            added.append(listed.name)
        session.add(
            ListedRow(service_id=service.id, key=listed.key, organisation_id=organisation.id)
        )
        record(
            "service.organisation_listed",
            actor=actor,
            service=service.code,
            organisation=organisation.public_id,
            key=listed.key,
        )
    return tuple(added)


def _find(session: Session, listed: ListedOrganisation) -> Organisation | None:
    """Find by the identifiers in the file; a body without any, by its kind and name."""
    given = {name: getattr(listed, name) for name in IDENTIFIERS if getattr(listed, name)}
    statement = select(Organisation).where(Organisation.kind == listed.kind).filter_by(**given)
    if not given:
        statement = statement.where(Organisation.search_name == search_name(listed.name))
    return session.scalars(statement.order_by(Organisation.id).limit(1)).first()


def _is(organisation: Organisation, listed: ListedOrganisation) -> bool:
    """Return whether an organisation is what a file lists.

    Names change; kinds and identifiers do not.
    """
    return organisation.kind == listed.kind and all(
        getattr(organisation, name) == getattr(listed, name)
        for name in IDENTIFIERS
        if getattr(listed, name)
    )
