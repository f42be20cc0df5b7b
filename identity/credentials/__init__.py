"""Factors of people: one module for each, behind one small interface."""
