"""Terms of use of the platform and of its services: published, accepted, asked for again."""
