"""One file a use case, each one transaction."""
