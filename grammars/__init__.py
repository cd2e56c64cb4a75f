"""The grammars: one file per vendor, discovered automatically. Installed as `logparse.grammars`."""

if __name__ != "logparse.grammars":  # otherwise every rule would be loaded twice
    raise ImportError("use `import logparse.grammars`: the folder grammars/ is part of the package logparse")
