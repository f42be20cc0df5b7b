"""JSON without a space too many, as it goes into answers and tokens."""

from __future__ import annotations

import json

compact_json = json.JSONEncoder(separators=(",", ":")).encode
"""The text of a value that JSON knows. Made once: `json.dumps` makes an encoder each time."""
