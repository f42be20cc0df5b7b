"""Names that sound British and belong to nobody, and the figures that go with a school's type."""

from random import Random

_FIRST = (
    "Alder", "Ash", "Barn", "Beck", "Bram", "Brent", "Burn", "Cal", "Cald", "Carr", "Chel",
    "Clay", "Cold", "Cran", "Dal", "Den", "Dun", "East", "Elm", "Fair", "Fen", "Fern", "Glen",
    "Gran", "Hal", "Ham", "Har", "Hart", "Haw", "Hazel", "Hinder", "Holm", "Hurst", "Kel",
    "Kirk", "Lang", "Leigh", "Lin", "Long", "Mar", "Mel", "Mill", "Mor", "Nether", "North",
    "Oak", "Over", "Pen", "Pick", "Rad", "Ral", "Ring", "Rook", "Rush", "Sal", "Sand", "Scar",
    "Sel", "Shel", "South", "Stan", "Stock", "Sutter", "Tarn", "Thorn", "Up", "Wal", "War",
    "Wel", "West", "Whit", "Wick", "Wil", "Win", "Wood", "Wyn", "Yar",
)  # fmt: skip
_LAST = (
    "bourne", "bridge", "brook", "bury", "by", "combe", "cote", "dale", "den", "don", "field",
    "fold", "ford", "gate", "ham", "haven", "head", "hurst", "ingham", "ington", "ley", "low",
    "mere", "minster", "moor", "mouth", "ness", "over", "port", "sey", "shaw", "side", "stead",
    "stoke", "thorpe", "ton", "ville", "wade", "wardine", "well", "wich", "wick", "wold",
    "worth",
)  # fmt: skip
_SAINTS = (
    "Aldhelm", "Botolph", "Cuthmann", "Dunstan", "Edburga", "Frideswide", "Guthlac", "Hybald",
    "Ives", "Juthwara", "Kenelm", "Léonie", "Olave", "Osyth", "Petroc", "Radegund", "Sidwell",
    "Tewdrig", "Thérèse", "Urith", "Wulfstan",
)  # fmt: skip
_APOSTROPHES = {"CE": "'", "RC": "’"}
"""The second one is outside ASCII, as in many names of the register."""
_PLACES = (
    "Bank", "Brook", "Common", "Cross", "Down", "Grange", "Green", "Heath", "Hill", "Lane",
    "Meadow", "Mount", "Park", "Road",
)  # fmt: skip
_STREETS = (
    "Church Lane", "High Street", "Mill Road", "School Lane", "Station Road", "The Green",
)  # fmt: skip

PRIMARY, SECONDARY, ALL_THROUGH, SIXTEEN_PLUS, NURSERY, NONE = "2", "4", "7", "6", "1", "0"
_AGES = {
    PRIMARY: (4, 11),
    SECONDARY: (11, 16),
    ALL_THROUGH: (3, 18),
    SIXTEEN_PLUS: (16, 19),
    NURSERY: (2, 5),
    NONE: (3, 19),
}
_PHASES = {
    "06": SECONDARY,
    "15": NURSERY,
    "18": SIXTEEN_PLUS,
    "31": SIXTEEN_PLUS,
    "32": SIXTEEN_PLUS,
    "39": SIXTEEN_PLUS,
    "40": SECONDARY,
    "41": SECONDARY,
    "45": SIXTEEN_PLUS,
    "46": SIXTEEN_PLUS,
}
_OF_EITHER_PHASE = frozenset({"01", "02", "03", "05", "28", "34", "35"})
_CHURCH_SHARE = {"02": 1.0, "03": 1.0, "34": 0.3, "28": 0.2}


def town(chance: Random) -> str:
    """Return the name of an invented town."""
    return chance.choice(_FIRST) + chance.choice(_LAST)


def phase(chance: Random, type_code: str) -> str:
    """Return a phase of education that fits the GIAS type."""
    if type_code in _OF_EITHER_PHASE:
        return SECONDARY if chance.random() < 0.18 else PRIMARY
    return _PHASES.get(type_code, NONE)


def ages(of_phase: str) -> tuple[int, int]:
    """Return the lowest and the highest age of a phase."""
    return _AGES[of_phase]


def church(chance: Random, type_code: str) -> str | None:
    """Return CE, RC or None: the church of a school of the type."""
    if chance.random() >= _CHURCH_SHARE.get(type_code, 0.0):
        return None
    return "RC" if type_code == "02" and chance.random() < 0.5 else "CE"


def school_name(
    chance: Random, type_code: str, of_phase: str, of_church: str | None, where: str
) -> str:
    """Return a school's name that fits its type, phase and church."""
    kind = {PRIMARY: "Primary", SECONDARY: "High", ALL_THROUGH: "All-through"}.get(of_phase, "")
    own = f"{where} {chance.choice(_PLACES)}" if chance.random() < 0.7 else where
    if of_church:
        full = {"CE": "Church of England", "RC": "Catholic"}[of_church]
        own = f"St {chance.choice(_SAINTS)}{_APOSTROPHES[of_church]}s {full}"
    ending = {
        "14": "Pupil Referral Unit",
        "15": "Nursery School",
        "18": "College",
        "24": "Secure Unit",
        "29": "University",
        "31": "Sixth Form Centre",
        "32": "Specialist College",
        "39": "Sixth Form",
        "40": "University Technical College",
        "41": "Studio School",
        "45": "Sixth Form College",
        "46": "Sixth Form Academy",
        "47": "Children's Centre",
        "48": "Children's Centre Linked Site",
        "49": "Online School",
        "56": "Hospital School",
        "57": "Secure School",
    }.get(type_code)
    if ending is None:
        special = type_code in ("07", "08", "10", "12", "33", "36", "44")
        academy = type_code in ("28", "33", "34", "42", "43", "44")
        ending = " ".join(
            part
            for part in ("Special" if special else kind, "Academy" if academy else "School")
            if part
        )
    return f"{own} {ending}"


def street(chance: Random) -> str:
    """Return the name of an invented street."""
    return chance.choice(_STREETS)


def postcode(chance: Random, area: str) -> str:
    """Return an invented postcode of the area."""
    letters = "ABDEFGHJLNPQRSTUWXYZ"
    inward = f"{chance.randint(1, 9)}{chance.choice(letters)}{chance.choice(letters)}"
    return f"{area}{chance.randint(1, 29)} {inward}"
