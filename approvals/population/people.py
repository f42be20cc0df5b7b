"""Made-up people, each the same whenever it is asked for by number."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random

DOMAIN = "asp-2018.example"
"""A domain that nobody can own (RFC 2606); by it the population is known again."""

FIRST_DAY = datetime(2017, 4, 18, tzinfo=UTC)
"""The service opened to schools in spring 2017; nobody had access before."""

LAST_DAY = datetime(2018, 2, 15, tzinfo=UTC)

WITH_ONE_NAME = 250
"""Of so many people, one has a first name only."""

GIVEN = (
    "Adam", "Aisha", "Alan", "Alice", "Amara", "Andrew", "Anita", "Anna", "Arjun", "Ava", "Ben",
    "Beth", "Bilal", "Carol", "Charlotte", "Chloe", "Chris", "Claire", "Colin", "Daniel",
    "Hassan", "Heather", "Helen", "Ian", "Imran", "Isla", "Jack", "Jacob", "Jane", "Janet",
    "Jaspreet", "Jean", "Joanna", "John", "Jordan", "Joseph", "Karen", "Kate", "Keith", "Kofi",
    "Laura", "Leah", "Lewis", "Liam", "Linda", "Lucy", "Mahmoud", "Margaret", "Mark", "Martin",
    "Mary", "Maya", "Megan", "Michael", "Mohammed", "Naomi", "Neil", "Nia", "Nicola", "Nina",
    "Olivia", "Omar", "Owen", "Patrick", "Paul", "Peter", "Philip", "Priya", "Rachel",
    "Rebecca", "Rhys", "Richard", "Robert", "Rosa", "Ruth", "Sam", "Sandra", "Sarah", "Sean",
    "Shabnam", "Simon", "Sophie", "Stephen", "Susan", "Tariq", "Tessa", "Thomas", "Tomasz",
    "Tracey", "Uma", "Victoria", "Wendy", "William", "Yasmin", "Zara", "Zoe",
)  # fmt: skip
FAMILY = (
    "Adams", "Adeyemi", "Ahmed", "Akhtar", "Allen", "Anderson", "Bailey", "Baker", "Banks",
    "Barnes", "Begum", "Bell", "Bennett", "Booth", "Bradley", "Brennan", "Brooks", "Brown",
    "Burns", "Butler", "Campbell", "Carter", "Chadwick", "Chapman", "Chaudhry", "Clark", "Cole",
    "Collins", "Cook", "Cooper", "Cox", "Davies", "Davis", "Dixon", "Doyle", "Edwards", "Ellis",
    "Evans", "Fisher", "Fletcher", "Foster", "Fox", "Gallagher", "Gibson", "Gill", "Gordon",
    "Graham", "Grant", "Gray", "Green", "Griffiths", "Hall", "Hamilton", "Harris", "Harrison",
    "Hart", "Harvey", "Hill", "Holmes", "Howard", "Hughes", "Hunt", "Hussain", "Jackson",
    "James", "Jenkins", "Johnson", "Jones", "Kaur", "Kelly", "Kennedy", "Khan", "King",
    "Knight", "Kowalski", "Lawson", "Lee", "Lewis", "Lloyd", "Marshall", "Martin", "Mason",
    "Matthews", "Mehta", "Miller", "Mills", "Mitchell", "Moore", "Morgan", "Morris", "Murphy",
    "Murray", "Ncube", "Nowak", "Okafor", "Owen", "Palmer", "Parker", "Patel", "Pearson",
    "Phillips", "Powell", "Price", "Quinn", "Rahman", "Reid", "Reynolds", "Richards", "Roberts",
    "Robinson", "Rogers", "Rose", "Russell", "Ryan", "Scott", "Shah", "Sharma", "Shaw",
    "Simpson", "Singh", "Smith", "Spencer", "Stevens", "Stewart", "Sullivan", "Taylor",
    "Thomas", "Thompson", "Turner", "Walker", "Walsh", "Ward", "Watson", "Webb", "White",
    "Williams", "Wilson", "Wood", "Wright", "Young",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SyntheticPerson:
    """Invented person of the population."""

    given_name: str
    family_name: str
    email: str
    joined_at: datetime


def person(number: int) -> SyntheticPerson:
    """Return the person of this number: joined on a working hour of a day before the count."""
    chance = Random(number)
    given, family = chance.choice(GIVEN), chance.choice(FAMILY)
    days = chance.randrange((LAST_DAY - FIRST_DAY).days)
    joined = FIRST_DAY + timedelta(days=days, hours=8, seconds=chance.randrange(9 * 3600))
    # The address has both parts in any case: a population made earlier is known by it.
    address = email(number, given, family)
    return SyntheticPerson(given, "" if number % WITH_ONE_NAME == 0 else family, address, joined)


def email(number: int, given_name: str, family_name: str) -> str:
    """Return an email address that is unique by its number."""
    return f"{given_name}.{family_name}.{number}@{DOMAIN}".lower()
