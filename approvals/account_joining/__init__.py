"""Two accounts of one person become one: proved by the person, decided by operators."""
