"""Synthetic and replayed fleets: who drives where, what the engine does, which bytes that becomes."""
