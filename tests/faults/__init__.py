"""Fault injection: the served product under load, one fault after another, and what must hold.

`make faults` runs it (`docs/reliability.md`). `journal` records every request before it is sent,
`evidence` reads what is stored afterwards, and `invariants` compares the two.
"""
