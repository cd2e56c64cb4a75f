"""Comparisons of runs: jobs, clocks, noise, verdicts, refusals, claims; `compare` brings them together."""
