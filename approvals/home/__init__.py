"""What a person can open: "My services", and what each of them shows him."""
