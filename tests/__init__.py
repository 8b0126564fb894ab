"""Proofs, from fast to slow; helpers are imported as ``tests.<folder>.<module>``."""
