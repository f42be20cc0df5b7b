"""Organisations' own OpenID providers: connections, domains, identities and sign-ins."""
