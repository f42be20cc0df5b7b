"""Resets of a lost second step: asked for, decided by approvers or operators, put into effect."""
