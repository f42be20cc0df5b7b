"""Services that a person can open: "My services", and the person's access to each."""
