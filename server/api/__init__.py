"""The JSON face, described by OpenAPI."""
