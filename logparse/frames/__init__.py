"""From matched lines to frames: where runs begin and end, their phases and columns, and the evidence of each value."""
