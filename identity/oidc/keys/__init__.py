"""Signing keys: published before they sign, and until their last token has expired."""
