"""Definitions of services and user groups in force at a moment."""

from collections.abc import Sequence
from datetime import datetime

from approvals.access_model import versions
from approvals.access_model.definition import ServiceDefinition, UserGroup


def services(at: datetime) -> Sequence[ServiceDefinition]:
    """Return every service, as its file in force at the moment describes it."""
    return [each.definition for each in versions.service_versions(at)]


def service(code: str, at: datetime) -> ServiceDefinition | None:
    """Return the service as its file in force at the moment describes it."""
    found = versions.service_version(code, at)
    return found.definition if found else None


def group(service_code: str, code: str, at: datetime) -> UserGroup | None:
    """Return a user group of a service, for any kind of organisation."""
    definition = service(service_code, at)
    return definition.group(code) if definition else None
