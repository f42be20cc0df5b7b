"""Services, their user groups and capabilities as data, and the one decision about access."""
