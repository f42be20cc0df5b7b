"""Operators: the people who look after Secure Access itself."""
