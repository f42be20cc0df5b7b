"""Relying services: registered by operators, known by their metadata, proven by their secret."""
