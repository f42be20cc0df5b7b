"""A service that relies on Secure Access, made as an example. README.md leads in."""
