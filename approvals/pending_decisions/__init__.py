"""Pending decisions: one table, claimed by conditional statements."""
