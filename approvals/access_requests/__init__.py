"""Requests for access: filed by a person, decided by approvers, their parents or operators."""
