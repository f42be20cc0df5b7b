"""A made-up register in the layouts of the real one: a small county, and a whole country."""

from approvals.organisations.synthetic.county import county
from approvals.organisations.synthetic.files import write_county, write_national
from approvals.organisations.synthetic.nation import nation
from approvals.organisations.synthetic.world import World

__all__ = ["World", "county", "nation", "write_county", "write_national"]
