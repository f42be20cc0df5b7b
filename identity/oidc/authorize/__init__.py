"""The authorization endpoint: checks in one order, then questions to the person in one order."""
