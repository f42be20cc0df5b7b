"""Figures that an authority must be able to give: who could see what, on any day."""
