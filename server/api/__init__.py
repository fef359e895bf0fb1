"""The JSON API, version 1: a blueprint a noun, described at /api/openapi.json."""
