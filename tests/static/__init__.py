"""What can be proved by reading: style, types, layers, packaging, names."""
