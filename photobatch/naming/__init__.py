"""The names of results: one reading of templates for the service, the client and `photobatch run`."""
