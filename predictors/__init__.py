"""Predictors of an architecture's quality from trained examples: an empty room so far."""
