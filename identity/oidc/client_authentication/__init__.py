"""Authentication of clients: by a secret, a signed assertion or a certificate."""
