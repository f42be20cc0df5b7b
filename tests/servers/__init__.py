"""Private servers for the tests: each on a free loopback port, gone when the tests end."""
