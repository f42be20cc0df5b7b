"""The sign-in journey: its steps, its throttling and what follows before the person goes on."""
