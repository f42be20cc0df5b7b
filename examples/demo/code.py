"""`python -m examples.demo.code E-MAIL`: the present authenticator code of a demo person."""

import sys

import pyotp

from examples.demo import announcement


def main() -> None:
    """Print the present code of one of the demo's people."""
    email = sys.argv[1].lower() if len(sys.argv) == 2 else ""
    secrets = {person["email"]: person["totp_secret"] for person in announcement.read()["people"]}
    if email not in secrets:
        sys.exit("Name a person of the demo by e-mail address.")
    print(pyotp.TOTP(secrets[email]).now())


if __name__ == "__main__":
    main()
