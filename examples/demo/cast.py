"""The people of the demo, by the part they play. Names are made up."""

from dataclasses import dataclass

from approvals.access_model.definitions import group
from approvals.organisations.kinds import Kind

SERVICE = "school_performance"


@dataclass(frozen=True)
class Part:
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
        found = group(SERVICE, self.user_group) if self.user_group else None
        return found.name if found else None

    @property
    def email(self) -> str:
        parts = [part for part in (self.given_name, self.family_name) if part]
        return f"{'.'.join(parts)}@demo.example".lower()


OPERATOR = ("Olive", "Operator")

CAST = (
    Part("Ada", "Appleby", Kind.ESTABLISHMENT, approver=True),
    Part("Bea", "Birch", Kind.ESTABLISHMENT, "School_Named"),
    Part("Carl", "Cedar", Kind.ESTABLISHMENT, "School_Named"),
    Part("Dina", "Dogwood", Kind.ESTABLISHMENT, "School_Named"),
    Part("Ed", "Elm", Kind.ESTABLISHMENT, "School_Named"),
    Part("Fay", "Fir", Kind.ESTABLISHMENT, "School_Named"),
    Part("Gil", "Gorse", Kind.ESTABLISHMENT, "School_Anon"),
    Part("Hal", "Hazel", Kind.ESTABLISHMENT, "School_Governor"),
    Part("Ivy", "Ironwood", Kind.ESTABLISHMENT, "School_Anon", terms_accepted=False),
    Part("Jo", "Juniper", Kind.ESTABLISHMENT, approver=True, place=1),
    Part("Kit", "Kapok", Kind.ESTABLISHMENT, "School_Named", place=1),
    Part("Suharto", "", Kind.ESTABLISHMENT, "School_Anon", place=1),
    Part("Kit", "Kapok", Kind.MULTI_ACADEMY_TRUST, "MAT_Anon"),
    Part("Lou", "Larch", Kind.MULTI_ACADEMY_TRUST, approver=True),
    Part("Max", "Maple", Kind.MULTI_ACADEMY_TRUST, "MAT_Named"),
    Part("Nia", "Nutmeg", Kind.MULTI_ACADEMY_TRUST, "MAT_Anon"),
    Part("Oz", "Oak", Kind.MULTI_ACADEMY_TRUST, "MAT_Governor"),
    Part("Pia", "Pine", Kind.SINGLE_ACADEMY_TRUST, approver=True),
    Part("Quin", "Quince", Kind.LOCAL_AUTHORITY, approver=True),
    Part("Ros", "Rowan", Kind.LOCAL_AUTHORITY, "LA_Named"),
    Part("Sam", "Sorrel", Kind.LOCAL_AUTHORITY, "LA_Anon"),
    Part("Tess", "Teak", Kind.DIOCESE, approver=True),
    Part("Una", "Umber", Kind.DIOCESE, "Diocese_Named"),
    Part("Vic", "Vine", Kind.DIOCESE, "Diocese_Anon"),
    Part("Wyn", "Willow", Kind.INSPECTORATE, approver=True),
    Part("Xan", "Xylo", Kind.INSPECTORATE, "Ofsted_Anon"),
    Part("Yan", "Yew", Kind.DEPARTMENT, approver=True),
    Part("Zoe", "Zelkova", Kind.DEPARTMENT, "DfE_Anon"),
    Part("Abe", "Alder", Kind.DEPARTMENT, "DfE_Named"),
    Part("Bo", "Beech", Kind.SERVICE_TEAM, approver=True),
    Part("Cy", "Cypress", Kind.SERVICE_TEAM, "Super_User"),
    Part("Di", "Damson", Kind.TRAINING_PROVIDER, approver=True),
    Part("Eve", "Elder", Kind.TRAINING_PROVIDER, "Training_Anon"),
)
