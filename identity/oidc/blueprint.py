"""The provider's routes hang here. Endpoints that programs call are listed in `MACHINE`."""

from flask import Blueprint

blueprint = Blueprint("oidc", __name__)
