"""Examples of services, and the demo."""
