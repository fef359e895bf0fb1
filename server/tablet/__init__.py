"""The inspector's tablet."""
