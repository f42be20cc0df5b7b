"""The OpenID provider: what relying services talk to. README.md is the map."""
