"""The secrets of every Metis node: how it reaches L1."""

import re


def endpoint_problem(value: str) -> str:
    """An L1 endpoint: the keys of most providers are part of its URL."""
    return "" if re.fullmatch(r"https?://[^\s/]\S*\s*", value) else "is no URL: it begins with https:// or http://"
