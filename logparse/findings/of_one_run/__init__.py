"""Findings about single runs. They are reported when logs are read; the other findings need a comparison."""
