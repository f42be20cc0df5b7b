"""Joining: from the link of an invitation to an account, and the page of one's own account."""
