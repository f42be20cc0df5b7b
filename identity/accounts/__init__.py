"""Accounts of people, the invitations that make them, and the journey of joining."""
