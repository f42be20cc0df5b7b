"""Remits: which schools an organisation may see, on any day, and on what ground."""

from approvals.remits.remit import NoRemit, Remit, School, Scope, remit_of

__all__ = ["NoRemit", "Remit", "School", "Scope", "remit_of"]
