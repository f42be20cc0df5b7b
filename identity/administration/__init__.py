"""Operators' work on accounts: finding, suspending and restoring them."""
