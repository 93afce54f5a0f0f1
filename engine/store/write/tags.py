"""Tags as the table `runs` keeps them: a JSON array of words, '' where there are none."""

from __future__ import annotations

import json
from collections.abc import Iterable


def tags_to_text(tags: Iterable[str]) -> str:
    """The tags as JSON, in the order given, each once."""
    kept = list(dict.fromkeys(tags))
    return json.dumps(kept, ensure_ascii=False) if kept else ""


def tags_from_text(text: str) -> tuple[str, ...]:
    """The tags that `tags_to_text` wrote; text that is no JSON array of words is one tag."""
    if not text:
        return ()
    try:
        found = json.loads(text)
    except ValueError:
        return (text,)
    if isinstance(found, list) and all(isinstance(tag, str) for tag in found):
        return tuple(found)
    return (text,)
