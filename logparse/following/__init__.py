"""Following logs while they grow: `Follower.look` looks at the files once, and says how each run is getting on.

files.py      which files there are, whether they changed, and the part of each that is read
progress.py   how the last run of a log is getting on
until.py      conditions that end the following: `loss<7.2`
follower.py   all logs together: what changed, what stalled, whether all is over
"""

from __future__ import annotations
