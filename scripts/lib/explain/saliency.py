"""How much a text's similarity falls without a word, estimated for all words at once from one backward pass.

A token has an effect only through the attention that other tokens give it, and through the pooling. Without the token
the attention goes to the other tokens. The gradient of the similarity with respect to the attention estimates the loss
to first order (Taylor). Molchanov et al. (2017), Pruning convolutional neural networks, estimate the removal of units
in this way; Simonyan et al. (2014), Deep inside convolutional networks, that of inputs. Gradient times embedding is
nearly uninformative here (`make bench ARGS=explain`).
"""

from dataclasses import dataclass

import numpy as np
import torch

from lib.embeddings.encoder import Encoder
from lib.embeddings.pooling import pool_padded
from lib.explain.attention_patterns import eager_pass, mean_over_heads, pooling_weights, received

# A change lowers a cosine by half its squared length, in any direction. The pass gives a part of the change by a word:
# that through the share of its last hidden states in the vector. In the bundled papers the whole change is about four
# times as long (of 6, 9, 15 and 25 for its square, 15 found most of the first words among ten).
SQUARED_LENGTH = 15.0
LEAST_REST = 0.05  # share of the attention; an estimate with less attention left is meaningless
SCALE = 1024.0  # of gradients, since float16 holds nothing below 6e-8


@dataclass(frozen=True)
class Saliency:
    """The attention in a text, and the estimated losses, from one pass.

    Attributes
    ----------
    attention : float64 (layers + 1, tokens), see `received`; None if the model returns no attention
    losses : float64 (2, n_words), estimated losses of similarity and of margin without each word; None if the
        model gives no attention, or no gradient
    """

    attention: np.ndarray | None
    losses: np.ndarray | None


def look(encoder: Encoder, ids: np.ndarray, word_of: np.ndarray, n: int, centroids: np.ndarray) -> Saliency:
    """The attention that the tokens of a text get, and the estimated loss without each of its words.

    Parameters
    ----------
    ids : int32 (tokens,)
    word_of : int64 (tokens,), the word of each token from 0 to n - 1, else -1
    centroids : float32 (2, dim), unit rows: those of the topic and of the second-best topic
    """
    made = eager_pass(encoder, ids, gradients=True)
    if made is None:
        return Saliency(None, None)
    hidden, attentions = made
    layers = mean_over_heads(attentions)
    attention = received(layers, encoder.pooling, encoder.skip)
    derived = _gradients(encoder, hidden, attentions, centroids)
    if derived is None:
        return Saliency(attention, None)
    pooled, values, gradients = derived
    member = torch.zeros(n, len(ids), device=encoder.device)
    known = np.flatnonzero(word_of >= 0)
    member[word_of[known], known] = 1
    shares = torch.from_numpy(pooling_weights(len(ids), encoder.pooling, encoder.skip)).to(member)
    reaching = torch.from_numpy(attention[-1]).to(member)
    states = hidden.detach()[0].float()
    through_pooling = _taken(states, pooled, member * shares)
    length = _taken(states, pooled, member * reaching).square().sum(1) / pooled.square().sum()
    losses = []
    for value, (of_pooled, *of_attentions) in zip(values, gradients, strict=True):
        loss = through_pooling @ of_pooled + 0.5 * SQUARED_LENGTH * value * length
        for weights, gradient in zip(attentions, of_attentions, strict=True):
            loss = loss + _through_attention(weights.detach()[0].float(), gradient, member)
        losses.append(loss.cpu().numpy().astype(np.float64))
    return Saliency(attention, np.stack(losses))


def _gradients(
    encoder: Encoder, hidden: torch.Tensor, attentions: list[torch.Tensor], centroids: np.ndarray
) -> tuple[torch.Tensor, list[float], list[list[torch.Tensor]]] | None:
    """The pooled vector (width,), similarity and margin, and their gradients with respect to it and each attention.

    None if the model gives no gradient.
    """
    if not all(weights.requires_grad for weights in attentions):
        return None
    ones = torch.ones(hidden.shape[:2], dtype=torch.int64, device=hidden.device)
    with torch.enable_grad():
        pooled = pool_padded(hidden, ones, encoder.pooling, encoder.skip)
        vector = torch.nn.functional.normalize(encoder.head(pooled), dim=1)[0]
        first, second = torch.from_numpy(centroids.astype(np.float32)).to(vector) @ vector
        values = [first, first - second]
        gradients = [
            torch.autograd.grad(SCALE * value, [pooled, *attentions], retain_graph=True, allow_unused=True)
            for value in values
        ]
    if any(gradient is None for row in gradients for gradient in row):
        return None  # the attention is not a part of the graph
    scaled = [[gradient[0].float() / SCALE for gradient in row] for row in gradients]
    return pooled.detach()[0], [value.item() for value in values], scaled


def _taken(states: torch.Tensor, pooled: torch.Tensor, shares: torch.Tensor) -> torch.Tensor:
    """What a weighted mean loses without each word: float32 (n, width).

    Parameters
    ----------
    states, pooled : float32 (tokens, width) and (width,)
    shares : float32 (n, tokens), the weights of the tokens of each word, else 0
    """
    rest = (1 - shares.sum(1, keepdim=True)).clamp(min=LEAST_REST)
    return shares @ (states - pooled) / rest


def _through_attention(weights: torch.Tensor, gradient: torch.Tensor, member: torch.Tensor) -> torch.Tensor:
    """The loss if the other tokens give their attention to a word to all other words, in proportion: float32 (n,).

    Parameters
    ----------
    weights, gradient : float32 (heads, tokens, tokens), rows of `weights` sum to 1
    member : float32 (n, tokens), 1 at the tokens of each word
    """
    gain = weights * (gradient - (gradient * weights).sum(-1, keepdim=True))
    rest = (1 - weights @ member.T).clamp(min=LEAST_REST)
    return (gain @ member.T / rest * (1 - member.T)).sum((0, 1))
