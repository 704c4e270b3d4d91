"""How much attention each token gets, per layer and over all layers.

The kernels that encode the papers never write the attention to memory, so the few papers of interest
are encoded once more with plain ("eager") attention.
"""

from typing import Any

import numpy as np
import torch

from lib.embeddings.attention import implementation
from lib.embeddings.encoder import Encoder


def attention_by_layer(encoder: Encoder, ids: np.ndarray) -> np.ndarray | None:
    """The attention of one text, averaged over heads: float32 (layers, tokens, tokens), rows sum to 1.

    None if the model gives none.

    Parameters
    ----------
    ids : int32 (tokens,)
    """
    inputs = {"input_ids": torch.from_numpy(ids.astype(np.int64))[None].to(encoder.device)}
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    layers: Any = None
    try:
        encoder.model.set_attn_implementation("eager")
        with torch.inference_mode():
            layers = encoder.model(**inputs, output_attentions=True).attentions
    except (TypeError, ValueError, AttributeError, NotImplementedError):  # it has no such function or output
        return None
    finally:
        encoder.model.set_attn_implementation(implementation(encoder.attention))
    if not layers or any(layer is None or layer.ndim != 4 for layer in layers):
        return None
    found = np.stack([layer[0].float().mean(0).cpu().numpy() for layer in layers])
    return found / found.sum(-1, keepdims=True)  # in bfloat16 a sum is 1 only about


def rollout(layers: np.ndarray) -> np.ndarray:
    """How much of each input token reaches each output token: (tokens, tokens), rows sum to 1.

    Half of a layer's output is its input (the residual connection), half is attention. Abnar & Zuidema
    (2020), Quantifying attention flow in transformers.

    Parameters
    ----------
    layers : (layers, tokens, tokens), rows sum to 1
    """
    flow = np.eye(layers.shape[1])
    for layer in layers:
        flow = 0.5 * (flow + layer @ flow)
    return flow


def pooling_weights(length: int, pooling: str, skip: int) -> np.ndarray:
    """The share of each token in the vector of a text: float64 (length,), sums to 1.

    If `pooling` is max, all tokens have the same share, since exact shares are not defined.
    """
    weights = np.zeros(length)
    weights[{"cls": slice(skip, skip + 1), "last": slice(-1, None)}.get(pooling, slice(skip, None))] = 1
    return weights / weights.sum()


def received(encoder: Encoder, ids: np.ndarray) -> np.ndarray | None:
    """The share of attention that each token gets from the pooled tokens, or None: see `attention_by_layer`.

    Returns
    -------
    float64 (layers + 1, tokens), rows sum to 1; the last row is that of the rollout
    """
    layers = attention_by_layer(encoder, ids)
    if layers is None:
        return None
    weights = pooling_weights(len(ids), encoder.pooling, encoder.skip)
    return np.concatenate([weights @ layers, [weights @ rollout(layers)]])
