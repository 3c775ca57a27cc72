"""Stripe's bodies and queries: forms whose keys spell out a tree (`transfer_data[destination]`)."""

import re
from typing import Any
from urllib.parse import parse_qsl

from stripe_sandbox.refusals import Invalid

Form = dict[str, Any]
"""Nested dictionaries whose leaves are strings; a list is a dictionary with the keys 0, 1, 2 …"""

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")


def read(text: str) -> Form:
    """Turn `a[b]=1&c[]=2` into `{"a": {"b": "1"}, "c": {"0": "2"}}`; raise Invalid for a malformed key."""
    root: Form = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        _put(root, _steps(key), value)
    return root


def _steps(key: str) -> list[str]:
    spelled = _KEY.fullmatch(key)
    if not spelled:
        raise Invalid(f"Received unknown parameter: {key}", code="parameter_unknown", param=key)
    return [spelled[1], *_BRACKETS.findall(spelled[2])]


def _put(root: Form, steps: list[str], value: str) -> None:
    branch = root
    for step in steps[:-1]:
        branch = branch.setdefault(step or str(len(branch)), {})
        if not isinstance(branch, dict):
            raise Invalid(f"Invalid hash: {steps[0]}", param=steps[0])
    branch[steps[-1] or str(len(branch))] = value
