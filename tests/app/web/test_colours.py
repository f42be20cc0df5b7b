"""Colours of the style sheet: stated once, as variables, for both colour schemes."""

from __future__ import annotations

import re

from wsgi import ROOT

CSS = re.sub(r"/\*.*?\*/", "", (ROOT / "static" / "secure-access.css").read_text(), flags=re.DOTALL)
COLOUR = re.compile(r":[^;{}]*(?:#[0-9a-f]{3,8}\b|rgba?\(|\bhsla?\()[^;{}]*;", re.IGNORECASE)
VARIABLES = re.compile(r":root \{[^}]*\}")
DARK = re.compile(r"@media screen and \(prefers-color-scheme: dark\) \{\s*:root \{([^}]*)\}")
PAPER = "background: #fff;"
"""Ground of charts and codes, which stays white in the dark theme."""


def test_style_sheet_states_colours_in_variables_only() -> None:
    rules = VARIABLES.sub("", CSS).replace(PAPER, "")
    assert COLOUR.findall(rules) == []


def test_dark_theme_changes_variables_that_the_style_sheets_use() -> None:
    dark = DARK.search(CSS)
    assert dark is not None
    vendor = ROOT / "static" / "vendor" / "govuk-frontend" / "govuk-frontend.min.css"
    used = set(re.findall(r"var\((--[a-z-]+)", CSS + vendor.read_text()))
    assert set(re.findall(r"(--[a-z-]+):", dark[1])) <= used
