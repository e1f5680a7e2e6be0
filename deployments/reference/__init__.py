"""docs/http.md, written from the application itself."""
