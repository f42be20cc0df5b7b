"""Pages that owe nobody an answer: help, privacy, cookies, accessibility."""
