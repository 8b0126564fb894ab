"""Tests of learning over tasks."""
