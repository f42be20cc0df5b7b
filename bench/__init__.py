"""Measurements, as requests per CPU-second of the server, beside limits taken in the same run."""
