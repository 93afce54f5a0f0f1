"""Names: which words in front of a number name a metric, which a step, and which nothing."""

from __future__ import annotations

import re
from functools import lru_cache

STEP_WORDS = {
    **dict.fromkeys(("global_step", "globalstep", "total_steps"), 0),
    **dict.fromkeys(
        ("step", "steps", "iter", "iters", "iteration", "iterations", "it", "update", "updates", "attempt", "trial",
         "round", "i", "t"), 1),
    **dict.fromkeys(("batch", "minibatch", "mini-batch"), 2),
    **dict.fromkeys(("epoch", "epochs", "ep", "episode", "generation", "gen"), 3),
}  # fmt: skip
"""Words whose number says where a line stands, with their rank: of several in a line the lowest counts."""

OUTER = 3
"""The rank of words that count what has steps within."""

INNER = 2
"""The rank of words that count within an outer one, and so begin again."""

NOTHING = frozenset(
    [
        "a",
        "after",
        "all",
        "and",
        "are",
        "as",
        "at",
        "by",
        "by",
        "for",
        "from",
        "has",
        "have",
        "in",
        "is",
        "line",
        "now",
        "of",
        "on",
        "only",
        "or",
        "over",
        "pid",
        "port",
        "rank",
        "seed",
        "since",
        "than",
        "that",
        "the",
        "then",
        "there",
        "to",
        "took",
        "until",
        "using",
        "version",
        "was",
        "were",
        "when",
        "which",
        "with",
        "within",
        "worker",
    ]
)
"""Words in front of a number that name nothing."""

QUALIFIERS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("val", "valid", "validation"), "val"),
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("eval", "evaluation", "dev"), "eval"),
}
"""Words in front of a metric's name that say over which split it is, as they are named here."""

KINDS = frozenset(
    [
        "best",
        "lowest",
        "highest",
        "min",
        "max",
        "mean",
        "avg",
        "average",
        "total",
        "running",
        "smoothed",
        "current",
        "final",
    ]
)
"""Words in front of a metric's name that tell it from another one."""

GENERIC = frozenset(["rate", "norm", "score", "size", "ratio", "error", "loss", "accuracy", "acc", "decay", "std"])
"""Words that a word in front of them makes a name: learning rate, gradient norm."""

MEASURES = re.compile(
    r"loss|acc|err|score|reward|return|ppl|perplex|mse|mae|rmse|nll|elbo|entropy|norm|grad|precision|recall|psnr|ssim"
    r"|cost|objective|residual|likelihood|best|iou|dice|bleu|rouge"
    r"|(?:^|[_/.\- ])(?:f1|auc|map|ap|wer|cer|fid|kl|r2|energy|fitness|regret|temperature)(?:$|[_/.\- @])",
    re.IGNORECASE,
)
"""Names that speak of what is measured in an optimization."""

LEVELS = frozenset(["debug", "info", "warning", "warn", "error", "critical", "notice", "trace"])

_WORDS_BEFORE = re.compile(r"(?:([A-Za-z]{1,24})[ _])?(?:([A-Za-z]{1,24})[ _])$")


@lru_cache(maxsize=4096)
def rank_of(name: str) -> int | None:
    """The rank of a step's word; None for other names. `train/step` is a step, too."""
    return STEP_WORDS.get(name.lower().rpartition("/")[2])


@lru_cache(maxsize=4096)
def is_measure(name: str) -> bool:
    """Whether a name speaks of what is measured."""
    return MEASURES.search(name) is not None


def metric_name(word: str, before: str) -> str:
    """The metric's name from the word in front of its number and the text before that; '' where it names nothing.

    `train loss` is train/loss, `learning rate` learning_rate; case is not told apart.
    """
    name = word.strip("._-/@").lower()
    if not name or name in NOTHING or name in LEVELS:
        return ""
    found = _WORDS_BEFORE.search(before[-50:])
    if found is None or not before.endswith(" "):
        return name
    further, nearest = (each.lower() if each else "" for each in found.groups())
    if nearest in QUALIFIERS:
        kind = f"{further}_" if further in KINDS else ""
        return f"{QUALIFIERS[nearest]}/{kind}{name}"
    if nearest in KINDS:
        split = f"{QUALIFIERS[further]}/" if further in QUALIFIERS else ""
        return f"{split}{nearest}_{name}"
    if name in GENERIC and nearest not in NOTHING and nearest not in LEVELS and rank_of(nearest) is None:
        if name in ("loss", "accuracy", "acc", "error", "score") and not nearest.endswith(("ity", "al", "ion", "ive")):
            return name
        return f"{nearest}_{name}"
    return name
