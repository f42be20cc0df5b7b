"""Identity of people: accounts, credentials, the sign-in journey, sessions, the OpenID provider."""
