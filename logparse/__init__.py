"""logparse."""
