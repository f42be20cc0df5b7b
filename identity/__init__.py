"""Who people are: accounts, credentials, the sign-in journey, sessions, the OpenID provider."""
