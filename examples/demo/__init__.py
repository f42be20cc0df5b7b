"""The demo: the whole service with made-up schools and people, on this machine alone.

It runs the same program as production, with settings of its own in `instance/`.
"""
