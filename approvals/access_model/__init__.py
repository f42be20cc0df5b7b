"""Services, their user groups and capabilities as data, and the one decision about access.

`definition` and `schema`: the file of a service. `loading`: into the database, as versions.
`rules` (with `checks`, over `facts`): the decision, pure. `gathering` and `decision`: the same
asked of the database. `explain`: its reasons in sentences. `claims`: what tokens carry of it.
"""
