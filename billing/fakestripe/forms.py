"""Form-encoded nested parameters: `a[b][0][c]=v` as the SDK writes them."""

from __future__ import annotations

import re
from typing import Any, Final
from urllib.parse import parse_qsl

from billing.fakestripe.refusals import malformed

KEY: Final = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
STEP: Final = re.compile(r"\[([^\[\]]*)\]")

Params = dict[str, Any]


def decode(text: str) -> Params:
    """The nested parameters of a body or a query; leaves are strings, a list is a group named "0", "1", ...

    Raises:
        StripeRefusalError: a key has unbalanced brackets, or one name is both a value and a group.
    """
    tree: Params = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        match = KEY.match(key)
        if match is None:
            raise malformed(f"Invalid parameter name: {key}", param=key)
        _put(tree, [match[1], *STEP.findall(match[2])], key=key, value=value)
    return tree


def _put(tree: Params, steps: list[str], *, key: str, value: str) -> None:
    *groups, last = steps
    for step in groups:
        tree = tree.setdefault(step or str(len(tree)), {})
        if not isinstance(tree, dict):
            raise malformed(f"Invalid parameter: {key} is both a value and a group.", param=key)
    tree[last or str(len(tree))] = value
