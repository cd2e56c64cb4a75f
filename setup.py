"""The compiled part, which is optional: without a compiler, logparse is installed without it and only slower."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        Extension("logparse.reading._scanner", ["logparse/reading/_scanner.c"], optional=True, py_limited_api=True)
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
