"""Tags as stored in `runs`: a JSON array of texts, '' without tags."""

from __future__ import annotations

import json
from collections.abc import Iterable


def tags_to_text(tags: Iterable[str]) -> str:
    """The tags as JSON in the order given, without duplicates."""
    unique = list(dict.fromkeys(tags))
    return json.dumps(unique, ensure_ascii=False) if unique else ""


def tags_from_text(text: str) -> tuple[str, ...]:
    """The tags in a stored text; text that is not a JSON array of texts is one tag."""
    if not text:
        return ()
    try:
        found = json.loads(text)
    except ValueError:
        return (text,)
    if isinstance(found, list) and all(isinstance(tag, str) for tag in found):
        return tuple(found)
    return (text,)
