"""Memberships of organisations, and approvers."""
