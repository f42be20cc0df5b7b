"""The decision about access, for a person, a service, an organisation and a moment.

`evaluation` applies `rules` to `facts`, without a database. `queries` reads the facts; `decision`
decides by them, for one person or for lists. `explain` gives the reasons as sentences; `claims`
gives what tokens carry. `sign_in_checks` has the checks of the sign-in beside the decision.
`no_access` says whom a person can ask who has no access.
"""
