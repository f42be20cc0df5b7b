"""Recovery of a lost second step: the request, and the link to a new second step."""
