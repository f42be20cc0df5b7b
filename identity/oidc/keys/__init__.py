"""Signing keys: published before they sign, kept published until what they signed has ended."""
