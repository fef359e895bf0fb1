"""Whom and what the register holds: trucks, machines and enterprises, their numbers, codes and classes."""
