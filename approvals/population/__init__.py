"""Made-up people in real numbers: the published users of February 2018, for tests and demos."""
