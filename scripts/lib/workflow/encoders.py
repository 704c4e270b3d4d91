"""Which languages well-known encoders know, by their names."""

import re
from collections.abc import Mapping

# Trained on texts in English, by their model cards
ENGLISH = re.compile(
    r"all[-_]?(?:minilm|mpnet|distilroberta|roberta)|(?:^|/)e5-(?:small|base|large)(?:-v2)?(?:$|/)|multi-qa-|msmarco|specter|scibert|scincl"
    r"|bge-(?:micro|small|base|large)-en|gte-(?:tiny|small|base|large)(?:-en)?(?:-v1\.5)?(?:$|/)|gtr-t5|sentence-t5|instructor-|mxbai-embed|modernbert|nomic-embed-text-v1|arctic-embed-(?:xs|s|m|l)(?:-v1\.5)?(?:$|/)"
    r"|jina-embeddings?-v2-(?:small|base)-en|paraphrase-(?:minilm|mpnet|albert|distilroberta)|pubmedbert|biobert|s-?biomed|uae-large|potion-base|wordllama",
    re.IGNORECASE,
)
MULTILINGUAL = re.compile(
    r"multilingual|bge-m3|labse|xlm-?r|mgte|jina-embeddings-v[3-9]|qwen\d?-embedding|embeddinggemma|arctic-embed-.*v2|nomic-embed-text-v2|distiluse|e5-mistral|gte-qwen",
    re.IGNORECASE,
)
SUGGESTED = "intfloat/multilingual-e5-large with embed.prefix: 'query: ', or sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"
# Of ISO 639-1; others are called by their code
NAMES = {
    **{
        "ar": "Arabic",
        "cs": "Czech",
        "da": "Danish",
        "de": "German",
        "el": "Greek",
        "es": "Spanish",
        "fa": "Persian",
    },
    **{
        "fi": "Finnish",
        "fr": "French",
        "hu": "Hungarian",
        "id": "Indonesian",
        "it": "Italian",
        "ja": "Japanese",
    },
    **{
        "ko": "Korean",
        "nl": "Dutch",
        "no": "Norwegian",
        "pl": "Polish",
        "pt": "Portuguese",
        "ro": "Romanian",
    },
    **{
        "ru": "Russian",
        "sv": "Swedish",
        "tr": "Turkish",
        "uk": "Ukrainian",
        "vi": "Vietnamese",
        "zh": "Chinese",
    },
}


def language_warning(languages: Mapping[str, float], model: str) -> str:
    """A warning if papers are in languages that an encoder does not know, or may not know; else empty.

    Parameters
    ----------
    languages : shares of the papers by code, of the frequent languages only
    model : name or path
    """
    others = {code: share for code, share in languages.items() if code != "en"}
    if not others or MULTILINGUAL.search(model):
        return ""
    shares = ", ".join(
        f"{share:.0%} of the papers are in {NAMES.get(code, code)}" for code, share in others.items()
    )
    if ENGLISH.search(model):
        return f"{shares}, and the encoder {model} knows English only: set embed.model to {SUGGESTED}"
    return f"{shares}; see whether the model card of {model} names them, or set embed.model to {SUGGESTED}"
