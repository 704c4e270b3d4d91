"""The explanations as the report shows them."""

from math import ceil

import pandas as pd

from lib.figures.page import paper_url
from lib.naming.titles import piece_to_text

STRONG = 5  # words of a paper that are underlined
LEVELS = 4  # colors for words that speak for the topic
FAINTEST = 0.125  # of the largest influence; words below have no color
# Influences are compared with the largest one, and with this where no word has so much: a paper that
# says its subject in many ways has pale colors.
FULL = 0.02


def level(influence: float, largest: float) -> str:
    """The color class of a word: p1 to p4 for its topic, `against` it, or empty for neither."""
    share = influence / max(largest, FULL)  # nan for a stop word
    if share <= -FAINTEST:
        return "against"
    return f"p{min(ceil(LEVELS * share), LEVELS)}" if share >= FAINTEST else ""


def pieces(words: pd.DataFrame) -> list[dict]:
    """The words of one paper in order, without TeX: `before`, `word`, `level`, `strong`, `hover`.

    Parameters
    ----------
    words : rows of EXPLANATIONS
    """
    largest = words["influence"].max()
    # a word has the same influence at all its places
    strong = set(words["influence"].drop_duplicates().nlargest(STRONG))
    shown = []
    for row in words.sort_values("position").itertuples():
        how = "" if row.measured in (True, None) else " (estimated)"
        attention = "" if pd.isna(row.attention) else f", attention {row.attention:.1%}"
        shown.append(
            {
                "before": piece_to_text(row.before),
                "word": piece_to_text(row.word),
                "level": level(row.influence, largest),
                "strong": row.influence in strong and row.influence > 0,
                "hover": f"similarity {-row.influence:+.3f}, margin {-row.margin_influence:+.3f} without it{how}{attention}",
            }
        )
    return shown


def explanation_rows(
    words: pd.DataFrame,
    papers: pd.DataFrame,
    influential: list[list[str]],
    correlations: list[float | None],
    topics: list[dict],
    link: str | None,
) -> list[dict]:
    """The first explained paper of each topic, with its words as `pieces`.

    Parameters
    ----------
    words, papers : the columns of EXPLANATIONS and EXPLAINED
    influential : the most influential words of each topic
    correlations : of influence and keyword weight, of each topic
    topics : rows of TOPICS
    link : see `paper_url`
    """
    of_paper = dict(list(words.groupby("id")))
    rows = []
    for paper in papers.drop_duplicates("topic").to_dict("records"):
        topic = paper["topic"]
        if paper["id"] not in of_paper:
            continue  # a text without words
        rows.append(
            paper
            | {
                "name": topics[topic]["name"],
                "second": topics[paper["second_topic"]]["name"],
                "keywords": topics[topic]["keywords"],
                "influential": list(map(piece_to_text, influential[topic])),
                "keyword_correlation": correlations[topic],
                "url": paper_url(link, paper["id"]),
                "pieces": pieces(of_paper[paper["id"]]),
            }
        )
    return rows
