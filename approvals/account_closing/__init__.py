"""Accounts that nobody needs: closed after a time, and erased under a pseudonym later."""
