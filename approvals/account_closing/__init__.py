"""Close accounts of people without access, and erase their personal data later."""
