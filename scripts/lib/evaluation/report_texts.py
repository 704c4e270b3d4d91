"""The sentences and small tables of the report, as text."""

from lib.cli import three_digits
from lib.clusters.k_selection import ENOUGH, STRUCTURE
from lib.embeddings.provenance import describe_origins
from lib.embeddings.schema import EmbeddingsSummary
from lib.evaluation.schema import Agreement, CorpusSummary, Evaluation, MapQuality
from lib.records.ledger import VERDICTS
from lib.records.schema import Ledger

SENTENCES = 5  # of boilerplate that are shown
TIMED = 1000  # papers; the speed of fewer is that of starting the device


def count(number: int, one: str, many: str) -> str:
    """A number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


def headline(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """The few figures at the top of the page: name, value, and what it is compared with."""
    sizes, quality, words = evaluation["sizes"], evaluation["map"], evaluation["words"]
    return [
        ("Papers", f"{evaluation['papers']:,}", ""),
        ("Topics", f"{evaluation['k']}", ""),
        ("Smallest to largest topic", f"{sizes['smallest']:,} – {sizes['largest']:,}", "papers"),
        (
            "Papers in stable topics",
            f"{evaluation['stable_share']:.0%}",
            f"good from {ENOUGH:.0%}: found again in random halves",
        ),
        (
            "Mean silhouette (cosine)",
            f"{evaluation['silhouette']:.3f}",
            f"above {STRUCTURE}, groups are clearly separate; texts seldom are",
        ),
        (
            "Papers nearer to another topic",
            f"{evaluation['negative_silhouette_share']:.0%}",
            "0% if all topics were apart",
        ),
        (
            "Coherence of keywords (NPMI)",
            three_digits(words["npmi"]),
            f"chance: {three_digits(words['npmi_floor'])}; always together: 1",
        ),
        (
            "Nearest neighbors kept on the map",
            f"{quality['neighbors_kept']:.0%}",
            f"chance: {quality['neighbors_kept_at_random']:.1%}; a plane cannot keep all",
        ),
    ]


def map_sentences(quality: MapQuality) -> str:
    """What the fidelity of the map means to those who read it."""
    text = (
        f"Of the nearest neighbors of a paper, {quality['neighbors_kept']:.0%} are among its nearest on the map. "
        f"Its trustworthiness is {quality['trustworthiness']:.2f}: 1 means that all papers side by side on the map are "
        "similar, and chance gives 0.5. "
    )
    in_space, on_map = quality["category_accuracy"], quality["category_accuracy_on_map"]
    if in_space is not None and on_map is not None:
        text += (
            f"The neighbors on the map tell the primary category of {on_map:.0%} of the papers; those by text tell "
            f"that of {in_space:.0%}. "
        )
    return text + (
        f"On average {quality['largest_piece']:.0%} of a topic lies in one piece; a plane cannot keep together all "
        "that is similar."
    )


def agreement_rows(evaluation: Evaluation) -> list[tuple[str, Agreement]]:
    """The classifications with several classes. Only categories of arXiv have archives."""
    primary, archive = evaluation["primary_category"], evaluation["archive"]
    rows = [("Primary category", primary)] if primary["classes"] > 1 else []
    if 1 < archive["classes"] < primary["classes"]:
        rows.append(("Archive", archive))
    if rows:
        by_words = evaluation["primary_category_by_words"]
        rows.append(("Primary category, baseline: TF-IDF and K-means", by_words))
    return rows


def word_rows(evaluation: Evaluation) -> list[tuple[str, str, str, str]]:
    """The measures of the keywords: name, value, its floor, and what it says."""
    words = evaluation["words"]
    return [
        (
            "NPMI",
            three_digits(words["npmi"]),
            three_digits(words["npmi_floor"]),
            "keywords of a topic are in the same papers: 0 for chance, 1 for always",
        ),
        (
            "C_v",
            three_digits(words["c_v"]),
            three_digits(words["c_v_floor"]),
            "the same in windows of 110 words, 0 to 1 (Röder et al. 2015)",
        ),
        (
            "Diversity",
            f"{words['diversity']:.2f}",
            "",
            "distinct keywords as a share of all that are listed; 1 if no two topics share one",
        ),
        ("Inverted rank-biased overlap", f"{words['inverted_rbo']:.2f}", "", "1 if topics share no keywords"),
        (
            "Papers placed by keywords alone",
            f"{words['keyword_topic_accuracy']:.0%}",
            f"{1 / evaluation['k']:.0%}",
            "papers that hold more of the keywords of their own topic than of any other, by weight",
        ),
    ]


def encoding(embeddings: EmbeddingsSummary) -> str:
    """How the papers became vectors, in sentences."""
    hits, misses, cut = embeddings["cache_hits"], embeddings["cache_misses"], embeddings["truncated_papers"]
    sentences = []
    if hits:
        sentences.append(f"{hits:,} came from the cache.")
    if misses:
        sentences.append(f"{count(misses, 'was encoded', 'were encoded')} in this run.")
    sentences.append(f"Attention: {describe_origins(embeddings['origins'])}.")
    if misses >= TIMED and embeddings["tokens_per_second"]:
        share = embeddings["share_of_matmul_rate"]
        of_rate = f" ({share:.1%} of the device's measured matrix-product rate)" if share else ""
        sentences.append(
            f"Speed: {embeddings['tokens_per_second']:,.0f} tokens per second{of_rate}; "
            f"{embeddings['padding_share']:.1%} of the computed tokens were padding."
        )
    if cut:
        tokens = count(embeddings["truncated_tokens"] or 0, "token", "tokens")
        sentences.append(f"{count(cut, 'paper was', 'papers were')} cut, by {tokens} in all.")
    return " ".join(sentences)


def truncation(embeddings: EmbeddingsSummary) -> tuple[str, str]:
    """How many papers were cut, as a row of what went in."""
    cut = embeddings["truncated_papers"]
    value = "not known of vectors from the cache"
    if cut is not None:
        value = f"{count(cut, 'paper', 'papers')} ({cut / embeddings['papers']:.1%})"
    return f"Cut at {embeddings['max_tokens']:,} tokens", value


def unknown_to_encoder(embeddings: EmbeddingsSummary) -> list[tuple[str, str]]:
    """How much of the texts the encoder does not know, as rows of what went in; none if nothing was encoded."""
    if not embeddings["tokens"]:
        return []
    return [
        ("Unknown to the encoder", f"{embeddings['unknown_tokens'] / embeddings['tokens']:.1%} of the tokens")
    ]


def contents(ledger: Ledger, corpus: CorpusSummary) -> list[tuple[str, str]]:
    """What went in: languages, scripts, markup and optional fields, each as (name, value)."""
    of_verdicts = {bucket for bucket, _ in VERDICTS} - {
        "no_abstract"
    }  # those of records with id, title and abstract
    complete = sum(bucket["count"] for name, bucket in ledger["buckets"].items() if name in of_verdicts)

    def share(number: int) -> str:
        return f"{count(number, 'record', 'records')} ({number / max(complete, 1):.1%})"

    rows = [
        (f"Languages of {count(corpus['sample'], 'paper', 'papers')}", most(corpus["languages"])),
        ("Their scripts", most(corpus["scripts"])),
    ]
    if corpus["without_words"]:
        rows.append(
            ("Without keywords", f"{corpus['without_words']:.1%}: the script puts no spaces between words")
        )
    normalised = ledger["normalised"]
    rows += [
        ("Markup or entities removed", share(normalised["markup"])),
        ("TeX letters converted", share(normalised["tex_letters"])),
        ("Unicode normalised", share(normalised["unicode"])),
    ]
    for name, filled in ledger["filled"].items():
        from_ids = "; where an id is of arXiv, it gives the month"
        value = share(filled) + from_ids * (name == "published" and filled < complete)
        rows.append((f"With a value for {name}", value))
    for name, bucket in ledger["not_understood"].items():
        if bucket["count"]:
            reason = bucket["first"][0]["reason"]
            rows.append((f"Not understood: {name}", f"{share(bucket['count'])}, such as {reason}"))
    if sentences := ledger["boilerplate"]:
        shown = [f"{share(each['papers'])}: {each['example']}" for each in sentences[:SENTENCES]]
        more = [f"{len(sentences) - SENTENCES} others in ledger.json"] if len(sentences) > SENTENCES else []
        rows.append(("Removed from abstracts", "; ".join(shown + more)))
    return rows


def most(shares: dict[str, float]) -> str:
    """Shares of at least one in two hundred as text."""
    return ", ".join(f"{name} {share:.1%}" for name, share in shares.items() if share >= 0.005)


def before_and_after(evaluation: Evaluation) -> list[tuple[str, str, str]]:
    """The measures before and after the edits of papers, as text; none without such edits."""
    before, words = evaluation["before_edits"], evaluation["words"]
    if before is None or words["before_edits"] is None:
        return []
    coherence = words["before_edits"]
    rows = [
        ("Topics", str(before["k"]), str(evaluation["k"])),
        ("Papers in topics", f"{before['papers']:,}", f"{evaluation['papers_in_topics']:,}"),
        ("Silhouette", three_digits(before["silhouette"]), three_digits(evaluation["silhouette"])),
        ("NPMI", three_digits(coherence["npmi"]), three_digits(words["npmi"])),
        ("C_v", three_digits(coherence["c_v"]), three_digits(words["c_v"])),
    ]
    ami = evaluation["primary_category"]["ami"]
    if ami is not None:
        rows.append(("AMI with primary categories", three_digits(before["ami"]), three_digits(ami)))
    return rows
