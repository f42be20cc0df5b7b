"""A factor that only the tests have: a badge that answers a challenge by its own key."""
