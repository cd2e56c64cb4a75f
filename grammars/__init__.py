"""The grammars: one file a vendor, found by looking, listed nowhere. Installed as `logparse.grammars`."""

if __name__ != "logparse.grammars":  # a second copy of every rule would be loaded
    raise ImportError(
        "import logparse.grammars, after `pip install -e .`: the folder grammars/ is no package of its own"
    )
