"""The HTTP server's side: limits on slow clients, and the way from a request to the application."""
