"""Pages on which signed-in people see and change their own account."""
