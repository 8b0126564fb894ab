"""Tests of zcnas.sweep."""
