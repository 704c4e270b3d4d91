"""Load the tokenizer and the transformer of a model folder.

Only safetensors are read, and no code from the model's repository is run.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from transformers import (
    MODEL_MAPPING,
    AutoConfig,
    AutoTokenizer,
    MT5EncoderModel,
    T5EncoderModel,
    UMT5EncoderModel,
)

from lib.cli import UserError
from lib.embeddings.attention import KERNELS, implementation, why_not_packed
from lib.embeddings.device import pick_attention

# Encoders that can be loaded without their decoder, by the type of the model
ENCODERS = {"t5": T5EncoderModel, "mt5": MT5EncoderModel, "umt5": UMT5EncoderModel}


@contextmanager
def readable(what: object) -> Iterator[None]:
    """Turn any error of the libraries that read `what` into a UserError; theirs have many classes."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        message = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(
            f"embed.model: {what} cannot be loaded ({message}); take a complete copy of the model, or choose another one"
        ) from None


def load_config(folder: Path) -> Any:
    """The config of the architecture."""
    with readable(folder / "config.json"):
        return AutoConfig.from_pretrained(folder, trust_remote_code=False)


def load_tokenizer(folder: Path, max_tokens: int) -> Any:
    """The fast tokenizer, set to cut at `max_tokens`, on the side that the model says, and not to pad."""
    with readable(f"the tokenizer in {folder} (tokenizer.json, tokenizer_config.json)"):
        tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    if len(tokenizer) <= len(tokenizer.all_special_ids):  # transformers invents one if files are missing
        raise UserError(f"embed.model: {folder} has no tokenizer, or one without words; take a complete copy")
    backend = tokenizer.backend_tokenizer
    backend.no_padding()
    backend.enable_truncation(max_tokens, direction=tokenizer.truncation_side)
    return backend


def prefix_tokens(tokenizer: Any, prefix: str, max_tokens: int) -> int:
    """Tokens of the prefix, with the special ones before it; raises a UserError if no text fits behind them."""
    if not prefix:
        return 0
    encoding = tokenizer.encode(prefix)
    count = len(encoding.ids) - encoding.special_tokens_mask[-1]
    if count + 2 > max_tokens:  # a token of the text and a special one at the end
        raise UserError(
            f"config key embed.prefix: its {count} tokens leave no room for a text in {max_tokens}; shorten it, or "
            "raise `embed.max_tokens`"
        )
    return count


def load_model(
    folder: Path, config: Any, device: torch.device, precision: str, dtype: torch.dtype, wanted: str
) -> tuple[Any, str]:
    """The model with its attention function, and the name of that function.

    Parameters
    ----------
    config : see `load_config`
    precision, dtype : of the weights, by name and as PyTorch has it
    wanted : auto, a name in KERNELS, sdpa or eager
    """
    model_class = encoder_class(folder, config)
    config.use_cache = False  # of decoders, for the next token
    attention = pick_attention(wanted, device, precision, model_class)
    if attention in KERNELS and (reason := why_not_packed(model_class, config, attention)):
        if wanted != "auto":
            raise UserError(
                f"config key embed.attention: {wanted} packs papers, which does not suit this model ({reason}); set "
                "it to auto"
            )
        attention = "sdpa" if model_class._supports_sdpa else "eager"
    model, report = model_class.from_pretrained(
        folder,
        config=config,
        dtype=dtype,
        attn_implementation=implementation(attention),
        use_safetensors=True,
        trust_remote_code=False,
        output_loading_info=True,
    )
    if missing := [key for key in report["missing_keys"] if "pooler" not in key]:
        raise UserError(
            f"embed.model: {folder} lacks {len(missing)} weights of its architecture ({sorted(missing)[0]}, ...), "
            "which would be filled with random numbers; take a complete copy"
        )
    return model, attention


def encoder_class(folder: Path, config: Any) -> Any:
    """The class of the architecture; raises a UserError if it is not an encoder of texts alone."""
    name = (config.architectures or [type(config).__name__.removesuffix("Config")])[0]
    if config.model_type in ENCODERS:
        return ENCODERS[config.model_type]
    why = "other encoders with a decoder than those of the T5 family" if config.is_encoder_decoder else None
    if any(hasattr(config, part) for part in ("text_config", "vision_config", "audio_config")):
        why = "models of more than texts"
    model_class = MODEL_MAPPING.get(type(config), None)
    if why is None and (model_class is None or not hasattr(config, "vocab_size")):
        why = "models without an encoder of texts"
    if why:
        raise UserError(
            f"embed.model: {name} ({folder}/config.json) is not supported, like {why}; choose another model"
        )
    return model_class
