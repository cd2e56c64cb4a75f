"""What may be said of two runs: jobs, clocks, noise, verdicts, refusals, claims; `compare` puts them together."""
