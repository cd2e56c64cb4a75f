"""The store: frames kept in a folder, each source read once. `logparse.open` gives its logs back.

    tables.py       what is on disk: immutable Parquet files, and the Delta table `sources`, whose commits decide
    intake.py       what happens to each input: unchanged, moved, grown, new
    lines.py        which lines are kept
    contents.py     the sources of a store as `Logs`
    upkeep.py       info, check, forget, compact
"""
