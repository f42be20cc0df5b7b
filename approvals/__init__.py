"""What people may do: organisations, approvers, user groups, remits, terms, reports."""
