"""Tests of predictors and encodings."""
