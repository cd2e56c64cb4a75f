"""From files to matched lines: sources are read, scanned for what rules may read, cut into segments and matched."""
