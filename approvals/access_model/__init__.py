"""Services, their user groups and capabilities as data, and the one decision about access.

`definition` and `schema`: the file of a service. `loading`: into the database, as versions.
`rules` (with `checks`, over `facts`): the decision, pure. `gathering` and `decision`: the same
asked of the database. `explain`: its reasons in sentences. `claims`: what tokens carry of it.
"""

from approvals.access_model.answers import Decision, Reason, RemitScope
from approvals.access_model.decision import (
    Answer,
    answer,
    decide,
    group,
    offers,
    service,
    services,
    where_may,
    who_may,
)
from approvals.access_model.definition import ServiceDefinition, UserGroup

__all__ = [
    "Answer",
    "Decision",
    "Reason",
    "RemitScope",
    "ServiceDefinition",
    "UserGroup",
    "answer",
    "decide",
    "group",
    "offers",
    "service",
    "services",
    "where_may",
    "who_may",
]
