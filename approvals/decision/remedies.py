"""The change that would make a rule agree, by the code of its refusal.

A sentence is shown to the person, to approvers and to operators alike, so it names neither "you"
nor "they".
"""

from collections.abc import Mapping
from types import MappingProxyType

_BY_ITSELF = "It starts by itself on that day."
_ACCEPT_TERMS = "The terms are accepted on the next sign-in."

REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "ServiceIsKnown": "An operator loads the file of the service.",
        "ServiceIsActive": "The people who run the service bring it back into use.",
        "OrganisationIsKnown": "The account and the organisation have to exist.",
        "PersonHasJoined": "The person opens the link in the invitation and sets up the account.",
        "OrganisationIsOpen": "The register has to show the organisation as open. An operator can "
        "check that.",
        "OrganisationMayHoldSomething": "The service has to offer a user group to organisations of "
        "this kind. The people who run the service decide that.",
        "MembershipExists": "An approver of the organisation adds the person.",
        "MembershipHasStarted": _BY_ITSELF,
        "MembershipWasAccepted": "The person opens the link in the invitation. An approver can "
        "send it again.",
        "MembershipHasNotEnded": "An approver of the organisation adds the person again.",
        "MembershipIsNotSuspended": "An approver of the organisation restores the access, on the "
        "page of the person.",
        "GrantExists": "An approver of the organisation gives a user group of the service.",
        "GrantHasStarted": _BY_ITSELF,
        "GrantHasNotEnded": "An approver of the organisation gives the user group again.",
        "GroupIsInTheModel": "An approver of the organisation gives a user group that the service "
        "has now.",
        "GroupIsOfferedHere": "An approver of the organisation gives a user group that the service "
        "offers to it.",
        "OneGroupWhereOneIsAllowed": "An approver of the organisation chooses one of them.",
        "GroupsShareTheirSchools": "An approver of the organisation takes one of them away.",
        "AccountIsNotClosed": "An approver of the organisation adds the person again, who then "
        "creates a new account. A closed account stays closed.",
        "AccountIsNotSuspended": "An operator of Secure Access restores the account.",
        "SomeClientIsEnabled": "An operator of Secure Access enables the client of the service.",
        "PlatformTermsAreAccepted": _ACCEPT_TERMS,
        "ServiceTermsAreAccepted": _ACCEPT_TERMS,
    }
)
