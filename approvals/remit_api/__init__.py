"""The API on which services read the schools of a remit."""
