"""Reading a service's file: everything that is wrong with it, each with file, key and reason."""

import json
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from app.refusal import RefusalError
from app.typed_text import LONGEST_NAME, LONGEST_REASON, clean_text
from approvals.access_model.definition import Scope, ServiceDefinition, UserGroupEntry

ScopesOfKinds = Mapping[str, Collection[Scope]]
"""The kinds of organisation, each with the scopes of schools that make sense for it."""


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """One thing wrong with a file. `key` leads to it: `user_groups[3].schools`."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.reason}"


class UnusableFile(ValueError):
    """The file cannot be loaded. Nothing of it was."""

    def __init__(self, problems: Collection[SchemaProblem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


def read(content: bytes, file: str, kinds: ScopesOfKinds) -> ServiceDefinition:
    """Parse a service's file. Raises UnusableFile with every problem found."""
    try:
        data = tomllib.loads(content.decode())
    except UnicodeDecodeError as error:
        raise UnusableFile(
            [SchemaProblem(file, f"byte {error.start}", "is not UTF-8 text")]
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise UnusableFile([SchemaProblem(file, "TOML", str(error))]) from error
    try:
        service = from_data(data)
    except ValidationError as error:
        raise UnusableFile(
            [SchemaProblem(file, _key(each["loc"]), _reason(each)) for each in error.errors()]
        ) from error
    problems = [
        SchemaProblem(file, key, reason)
        for check in CHECKS
        for key, reason in check(service, kinds)
    ]
    if problems:
        raise UnusableFile(problems)
    return service


def from_data(data: Mapping[str, object]) -> ServiceDefinition:
    """Build the definition from plain data, of a file or of a stored version."""
    # By way of JSON, where a strict schema takes an array for a tuple.
    return ServiceDefinition.model_validate_json(json.dumps(data, default=str))


Found = Iterator[tuple[str, str]]


def _codes_are_unique(service: ServiceDefinition, _kinds: ScopesOfKinds) -> Found:
    for place, values in (
        ("user_groups[{}].code", [group.code for group in service.user_groups]),
        ("user_groups[{}].name", [group.name for group in service.user_groups]),
        ("organisations[{}].key", [listed.key for listed in service.organisations]),
        ("questions[{}].code", [question.code for question in service.questions]),
    ):
        for number, value in enumerate(values):
            if value in values[:number]:
                yield place.format(number + 1), f"{value} is there twice"


def _names_lead_somewhere(service: ServiceDefinition, kinds: ScopesOfKinds) -> Found:
    listed = {each.key for each in service.organisations}
    for number, each in enumerate(service.organisations, 1):
        if each.kind not in kinds:
            yield f"organisations[{number}].kind", _no_kind(each.kind, kinds)
    for key, group in _numbered(service):
        for kind in group.kinds:
            if kind not in kinds:
                yield f"{key}.kinds", _no_kind(kind, kinds)
        for name in group.organisations:
            if name not in listed:
                yield f"{key}.organisations", f"{name} is not among this file's organisations"
        for code in group.capabilities:
            if code not in service.capabilities:
                yield f"{key}.capabilities", f"{code} is not among this file's capabilities"
        if group.schools not in service.schools:
            yield f"schools.{group.schools}", f"is missing, and {group.code} needs its line"


def _check_holders(service: ServiceDefinition, kinds: ScopesOfKinds) -> Found:
    used = {key for group in service.user_groups for key in group.organisations}
    for number, each in enumerate(service.organisations, 1):
        if each.key not in used:
            yield f"organisations[{number}].key", f"no user group is for {each.key}"
    for key, group in _numbered(service):
        if not group.kinds and not group.organisations:
            yield key, "name the kinds of organisation, or the organisations, that may hold it"
    for kind in service.not_offered:
        if kind not in kinds:
            yield f"not_offered.{kind}", _no_kind(kind, kinds)
        elif any(kind in group.kinds for group in service.user_groups):
            yield f"not_offered.{kind}", "a user group is offered to this kind"


def _schools_fit_their_holders(service: ServiceDefinition, kinds: ScopesOfKinds) -> Found:
    for key, group in _numbered(service):
        if group.schools == "all" and group.kinds:
            reason = "the scope all is given to listed organisations only: use organisations"
            yield f"{key}.kinds", reason
        for kind in sorted(_kinds_of(service, group)):
            if kind in kinds and group.schools not in kinds[kind]:
                reason = f"{group.schools} makes no sense for a {kind.replace('_', ' ')}"
                yield f"{key}.schools", reason
        if (group.schools == "training") != (group.environment == "training"):
            reason = "training schools and the training environment go together"
            yield f"{key}.environment", reason


def _groups_held_together_open_the_same(service: ServiceDefinition, _kinds: ScopesOfKinds) -> Found:
    if service.one_user_group:
        return
    for (_, one), (key, other) in combinations(_numbered(service), 2):
        if not _may_be_held_together(service, one, other):
            continue
        if one.schools != other.schools:
            reason = f"may be held together with {one.code}, whose schools are {one.schools}"
            yield f"{key}.schools", reason
        if one.environment != other.environment:
            reason = f"may be held together with {one.code}, whose environment is {one.environment}"
            yield f"{key}.environment", reason


def _separate_groups_exist(service: ServiceDefinition, _kinds: ScopesOfKinds) -> Found:
    codes = {group.code for group in service.user_groups}
    for number, rule in enumerate(service.separate_groups, 1):
        key = f"separate_groups[{number}].groups"
        if len(set(rule.groups)) < 2:
            yield key, "name two user groups or more"
        for code in rule.groups:
            if code not in codes:
                yield key, f"{code} is not among this file's user groups"


def _texts_make_no_links(service: ServiceDefinition, _kinds: ScopesOfKinds) -> Found:
    """Refuse links in texts of the file: they reach mails and pages, as typed names do."""
    names = {"name": service.name}
    lines = {"description": service.description}
    for number, listed in enumerate(service.organisations, 1):
        names[f"organisations[{number}].name"] = listed.name
    for key, group in _numbered(service):
        names[f"{key}.name"], lines[f"{key}.summary"] = group.name, group.summary
    for code, capability in service.capabilities.items():
        lines[f"capabilities.{code}.line"] = capability.line
        lines[f"capabilities.{code}.sentence"] = capability.sentence
    for number, question in enumerate(service.questions, 1):
        lines[f"questions[{number}].text"] = question.text
        lines[f"questions[{number}].hint"] = question.hint or ""
    lines |= {f"schools.{scope}": line for scope, line in service.schools.items()}
    for number, rule in enumerate(service.separate_groups, 1):
        lines[f"separate_groups[{number}].reason"] = rule.reason
    lines |= {f"not_offered.{kind}": line for kind, line in service.not_offered.items()}
    for texts, longest in ((names, LONGEST_NAME), (lines, LONGEST_REASON)):
        for key, text in texts.items():
            try:
                clean_text(text, "the text", longest)
            except RefusalError as error:
                yield key, error.refusal.sentence.removesuffix(".")


CHECKS: tuple[Callable[[ServiceDefinition, ScopesOfKinds], Found], ...] = (
    _codes_are_unique,
    _names_lead_somewhere,
    _check_holders,
    _schools_fit_their_holders,
    _groups_held_together_open_the_same,
    _separate_groups_exist,
    _texts_make_no_links,
)


def _may_be_held_together(
    service: ServiceDefinition, one: UserGroupEntry, other: UserGroupEntry
) -> bool:
    """Return whether one organisation may hold both.

    Its kind, a list, or one of each may allow them.
    """
    kinds = {each.key: each.kind for each in service.organisations}
    if set(one.kinds) & set(other.kinds) or set(one.organisations) & set(other.organisations):
        return True
    return any(
        kinds.get(key) in right.kinds
        for left, right in ((one, other), (other, one))
        for key in left.organisations
    )


def _kinds_of(service: ServiceDefinition, group: UserGroupEntry) -> set[str]:
    kinds = {each.key: each.kind for each in service.organisations}
    return set(group.kinds) | {kinds[key] for key in group.organisations if key in kinds}


def _numbered(service: ServiceDefinition) -> list[tuple[str, UserGroupEntry]]:
    return [(f"user_groups[{n}]", group) for n, group in enumerate(service.user_groups, 1)]


def _no_kind(kind: str, kinds: ScopesOfKinds) -> str:
    return f"{kind} is no kind of organisation: use one of {', '.join(sorted(kinds))}"


def _key(location: tuple[int | str, ...]) -> str:
    key = ""
    for part in location:
        if part == "[key]":
            continue
        key += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if key else str(part)
    return key or "file"


REASONS = {
    "missing": "is missing",
    "extra_forbidden": "is not a key of such a file",
    "bool_type": "must be true or false",
    "string_type": "must be text in quotation marks",
    "tuple_type": "must be a list in square brackets",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "string_pattern_mismatch": "must begin with a letter and hold only letters, digits and _",
}


def _reason(error: ErrorDetails) -> str:
    if error["type"] == "literal_error":
        return f"must be {error['ctx']['expected']}"
    if error["type"] == "value_error":
        return str(error["ctx"]["error"])
    message: str = error["msg"]
    return REASONS.get(error["type"], message)
