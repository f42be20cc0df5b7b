"""Help, privacy, cookies, accessibility, and `security.txt`."""
