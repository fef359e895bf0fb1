"""Packages to and from other cities and registers."""
