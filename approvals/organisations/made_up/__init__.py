"""A made-up register in the layouts of the real one: a small county, and a whole country."""

from approvals.organisations.made_up.county import county
from approvals.organisations.made_up.files import write_county, write_national
from approvals.organisations.made_up.nation import nation
from approvals.organisations.made_up.world import World

__all__ = ["World", "county", "nation", "write_county", "write_national"]
