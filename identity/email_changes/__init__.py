"""Changes of a person's email address: asked for, confirmed, and put back within 72 hours."""
