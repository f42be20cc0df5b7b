"""Events of an organisation, in plain words."""
