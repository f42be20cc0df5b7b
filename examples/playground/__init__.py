"""The playground: a service that shows each step of a sign-in to whoever builds one.

It relies on the demo's provider like any other service, with a client of its own.
"""
