"""Approvers appointed from outside an organisation: by a parent body, or by two operators."""
