"""The token endpoint: one module for each grant type, listed in `endpoint.py`."""
