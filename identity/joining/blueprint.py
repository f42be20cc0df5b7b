"""The routes of this room; `install` imports every module that adds some."""

from flask import Blueprint

blueprint = Blueprint("accounts", __name__)
