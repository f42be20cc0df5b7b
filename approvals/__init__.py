"""Rights of people: organisations, approvers, user groups, remits, terms, reports."""
