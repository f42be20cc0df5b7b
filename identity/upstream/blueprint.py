"""The routes of this room; `room.py` names every module that adds some."""

from flask import Blueprint

blueprint = Blueprint("upstream", __name__)
