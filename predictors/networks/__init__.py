"""Modules of predictors, and how they are trained."""
