"""Operators connect organisations' own OpenID providers: pages and commands."""
