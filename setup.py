"""The compiled part, which is optional: without a compiler, logparse is installed without it and only slower."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension(
            "logparse.reading._scanner",
            [f"logparse/reading/{name}.c" for name in ("_scanner", "_pattern", "_columns")],
            depends=["logparse/reading/_scanner.h"],
            optional=True,
            py_limited_api=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
