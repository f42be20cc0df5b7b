"""Services, their user groups and capabilities as data.

`definition` and `schema`: the file of a service. `loading`: into the database, as versions.
`definitions`: what was in force at a moment.
"""
