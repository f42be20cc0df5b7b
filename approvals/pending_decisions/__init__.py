"""Decisions that wait for somebody: one table, claimed by conditional statements."""
