"""How much attention each token gets, per layer and over all layers.

The kernels that encode the papers never write the attention to memory, so the few papers of interest
are encoded once more with plain ("eager") attention.
"""

from typing import Any

import numpy as np
import torch

from lib.embeddings.attention import implementation
from lib.embeddings.encoder import Encoder


def eager_pass(
    encoder: Encoder, ids: np.ndarray, gradients: bool = False
) -> tuple[torch.Tensor, list[torch.Tensor]] | None:
    """Encode one text with plain attention; None if the model returns no attention.

    Parameters
    ----------
    ids : int32 (tokens,)
    gradients : whether the returned tensors can be differentiated

    Returns
    -------
    The last hidden states (1, tokens, width), and the attention of each layer (1, heads, tokens, tokens)
    """
    inputs = {"input_ids": torch.from_numpy(ids.astype(np.int64))[None].to(encoder.device)}
    inputs["attention_mask"] = torch.ones_like(inputs["input_ids"])
    made: Any = None
    try:
        encoder.model.set_attn_implementation("eager")
        with torch.enable_grad() if gradients else torch.inference_mode():
            made = encoder.model(**inputs, output_attentions=True)
            layers = made.attentions
    except (TypeError, ValueError, AttributeError, NotImplementedError):  # it has no such function or output
        return None
    finally:
        encoder.model.set_attn_implementation(implementation(encoder.attention))
    if not layers or any(layer is None or layer.ndim != 4 for layer in layers):
        return None
    return made.last_hidden_state, list(layers)


def mean_over_heads(layers: list[torch.Tensor]) -> np.ndarray:
    """The attention of each layer, averaged over heads: float32 (layers, tokens, tokens), rows sum to 1.

    Parameters
    ----------
    layers : see `eager_pass`
    """
    means = np.stack([layer.detach()[0].float().mean(0).cpu().numpy() for layer in layers])
    return means / means.sum(-1, keepdims=True)  # in bfloat16 a sum is 1 only about


def rollout(weights: np.ndarray, layers: np.ndarray) -> np.ndarray:
    """How much of each input token reaches a weighted sum of the output tokens: float64 (tokens,), sums to 1.

    Half of a layer's output is its input (the residual connection), half is attention. Abnar & Zuidema
    (2020), Quantifying attention flow in transformers. From the last layer back no matrices are multiplied.

    Parameters
    ----------
    weights : float64 (tokens,), sum to 1
    layers : (layers, tokens, tokens), rows sum to 1
    """
    for layer in layers[::-1]:
        weights = 0.5 * (weights + weights @ layer)
    return weights


def pooling_weights(length: int, pooling: str, skip: int) -> np.ndarray:
    """The share of each token in the vector of a text: float64 (length,), sums to 1.

    If `pooling` is max, all tokens have the same share, since exact shares are not defined.
    """
    weights = np.zeros(length)
    weights[{"cls": slice(skip, skip + 1), "last": slice(-1, None)}.get(pooling, slice(skip, None))] = 1
    return weights / weights.sum()


def received(layers: np.ndarray, pooling: str, skip: int) -> np.ndarray:
    """The share of attention that each token gets from the pooled tokens.

    Parameters
    ----------
    layers : see `mean_over_heads`
    pooling, skip : see `pooling_weights`

    Returns
    -------
    float64 (layers + 1, tokens), rows sum to 1; the last row is the rollout
    """
    weights = pooling_weights(layers.shape[1], pooling, skip)
    return np.concatenate([weights @ layers, [rollout(weights, layers)]])
