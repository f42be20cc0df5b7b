"""The register of schools: reading its files, and what follows from them for any day.

`codes`, `values`, `layouts`, `reading` and `timeline` are pure: no database, no Flask.
"""
