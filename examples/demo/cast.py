"""The people of the demo, by the part they play. Names are made up."""

from dataclasses import dataclass

from app.clock import now
from approvals.access_model.definitions import group
from approvals.organisations.kinds import Kind

SERVICE = "school_performance"


@dataclass(frozen=True)
class CastMember:
    """One person in one organisation.

    `place` counts the organisations of that kind which the demo uses, from 0. `user_group` is a
    code of School Performance. A person who appears twice has two organisations. A name may lack
    one of its parts.
    """

    given_name: str
    family_name: str
    kind: Kind
    user_group: str | None = None
    approver: bool = False
    place: int = 0
    terms_accepted: bool = True

    @property
    def user_group_name(self) -> str | None:
        """As the access model writes it: "School Named"."""
        found = group(SERVICE, self.user_group, now()) if self.user_group else None
        return found.name if found else None

    @property
    def email(self) -> str:
        parts = [part for part in (self.given_name, self.family_name) if part]
        return f"{'.'.join(parts)}@demo.example".lower()


OPERATOR = ("Olive", "Operator")

CAST = (
    CastMember("Ada", "Appleby", Kind.ESTABLISHMENT, approver=True),
    CastMember("Bea", "Birch", Kind.ESTABLISHMENT, "School_Named"),
    CastMember("Carl", "Cedar", Kind.ESTABLISHMENT, "School_Named"),
    CastMember("Dina", "Dogwood", Kind.ESTABLISHMENT, "School_Named"),
    CastMember("Ed", "Elm", Kind.ESTABLISHMENT, "School_Named"),
    CastMember("Fay", "Fir", Kind.ESTABLISHMENT, "School_Named"),
    CastMember("Gil", "Gorse", Kind.ESTABLISHMENT, "School_Anon"),
    CastMember("Hal", "Hazel", Kind.ESTABLISHMENT, "School_Governor"),
    CastMember("Ivy", "Ironwood", Kind.ESTABLISHMENT, "School_Anon", terms_accepted=False),
    CastMember("Jo", "Juniper", Kind.ESTABLISHMENT, approver=True, place=1),
    CastMember("Kit", "Kapok", Kind.ESTABLISHMENT, "School_Named", place=1),
    CastMember("Suharto", "", Kind.ESTABLISHMENT, "School_Anon", place=1),
    CastMember("Kit", "Kapok", Kind.MULTI_ACADEMY_TRUST, "MAT_Anon"),
    CastMember("Lou", "Larch", Kind.MULTI_ACADEMY_TRUST, approver=True),
    CastMember("Max", "Maple", Kind.MULTI_ACADEMY_TRUST, "MAT_Named"),
    CastMember("Nia", "Nutmeg", Kind.MULTI_ACADEMY_TRUST, "MAT_Anon"),
    CastMember("Oz", "Oak", Kind.MULTI_ACADEMY_TRUST, "MAT_Governor"),
    CastMember("Pia", "Pine", Kind.SINGLE_ACADEMY_TRUST, approver=True),
    CastMember("Quin", "Quince", Kind.LOCAL_AUTHORITY, approver=True),
    CastMember("Ros", "Rowan", Kind.LOCAL_AUTHORITY, "LA_Named"),
    CastMember("Sam", "Sorrel", Kind.LOCAL_AUTHORITY, "LA_Anon"),
    CastMember("Tess", "Teak", Kind.DIOCESE, approver=True),
    CastMember("Una", "Umber", Kind.DIOCESE, "Diocese_Named"),
    CastMember("Vic", "Vine", Kind.DIOCESE, "Diocese_Anon"),
    CastMember("Wyn", "Willow", Kind.INSPECTORATE, approver=True),
    CastMember("Xan", "Xylo", Kind.INSPECTORATE, "Ofsted_Anon"),
    CastMember("Yan", "Yew", Kind.DEPARTMENT, approver=True),
    CastMember("Zoe", "Zelkova", Kind.DEPARTMENT, "DfE_Anon"),
    CastMember("Abe", "Alder", Kind.DEPARTMENT, "DfE_Named"),
    CastMember("Bo", "Beech", Kind.SERVICE_TEAM, approver=True),
    CastMember("Cy", "Cypress", Kind.SERVICE_TEAM, "Super_User"),
    CastMember("Di", "Damson", Kind.TRAINING_PROVIDER, approver=True),
    CastMember("Eve", "Elder", Kind.TRAINING_PROVIDER, "Training_Anon"),
)
