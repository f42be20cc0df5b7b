"""What happened in an organisation, in plain words."""
