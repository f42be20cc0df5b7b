"""The ID matrix: every route, as every role, about every organisation."""
