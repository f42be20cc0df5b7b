"""Base of every part of Secure Access. Knows neither people nor rights."""
