"""From token vectors to the vector of a text: pooling, and the Dense layers after it."""

from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from lib.cli import UserError
from lib.embeddings.modules import Dense

# A product adds in an order that depends on its number of rows. Dense layers therefore always take
# this many, so that a vector does not depend on its batch.
ROWS = 32


def pool_padded(hidden: torch.Tensor, mask: torch.Tensor, pooling: str, skip: int) -> torch.Tensor:
    """Pool padded texts.

    Parameters
    ----------
    hidden : (n, length, dim)
    mask : int64 (n, length), 1 at the tokens of a text, which come first
    pooling : mean, cls, last or max
    skip : tokens at the start of each text that are not pooled

    Returns
    -------
    float32 (n, dim)
    """
    if pooling == "cls":
        return hidden[:, skip].float()
    if pooling == "last":
        return hidden[torch.arange(len(hidden), device=hidden.device), mask.sum(1) - 1].float()
    weights = mask[:, :, None].float()
    weights[:, :skip] = 0
    if pooling == "max":
        return hidden.float().masked_fill(weights == 0, -torch.inf).amax(1)
    return (hidden.float() * weights).sum(1) / weights.sum(1)


def pool_packed(hidden: torch.Tensor, lengths: torch.Tensor, pooling: str, skip: int) -> torch.Tensor:
    """Pool texts whose tokens stand in one row. Nothing waits for the device.

    Parameters
    ----------
    hidden : (tokens, dim)
    lengths : int64 (n,), all larger than `skip`
    pooling, skip : see `pool_padded`

    Returns
    -------
    float32 (n, dim)
    """
    ends = lengths.cumsum(0)
    if pooling == "cls":
        return hidden[ends - lengths + skip].float()
    if pooling == "last":
        return hidden[ends - 1].float()
    hidden = hidden.float()
    if skip:
        starts = torch.repeat_interleave(ends - lengths, lengths, output_size=len(hidden))
        left_out = (torch.arange(len(hidden), device=hidden.device) - starts < skip)[:, None]
        hidden = hidden.masked_fill(left_out, 0 if pooling == "mean" else -torch.inf)
    # summed in float32; `unsafe`, since the check of the lengths would wait for the device
    pooled = torch.segment_reduce(hidden, pooling, lengths=lengths, unsafe=True)
    return pooled * (lengths / (lengths - skip))[:, None] if skip and pooling == "mean" else pooled


class Head(torch.nn.Module):
    """The Dense layers of a model in order, in float32; of their vectors the first `dim` dimensions."""

    def __init__(self, layers: list[torch.nn.Module], dim: int):
        super().__init__()
        self.layers = torch.nn.Sequential(*layers)
        self.dim = dim  # of the vectors that it returns

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        """From float32 (n, width of the model) to float32 (n, dim)."""
        rows = len(vectors)
        if len(self.layers):
            padded = torch.nn.functional.pad(vectors, (0, 0, 0, -rows % ROWS))
            vectors = torch.cat([self.layers(block) for block in padded.split(ROWS)])
        return vectors[:rows, : self.dim].contiguous()


class Normalize(torch.nn.Module):
    """Scales rows to unit length."""

    def forward(self, vectors: torch.Tensor) -> torch.Tensor:
        return torch.nn.functional.normalize(vectors, dim=1)


def load_head(folder: Path, dense: tuple[Dense, ...], width: int, truncate_dim: int | None = None) -> Head:
    """Read the Dense layers after the pooling of a model.

    Parameters
    ----------
    folder : of the model
    width : of the vectors that are pooled
    truncate_dim : dimensions that are kept at the end; None keeps all

    Raises
    ------
    UserError
        The weights are missing, damaged, or do not fit what comes before them.
    """
    layers: list[torch.nn.Module] = []
    for layer in dense:
        linear = _linear(folder / layer.folder, width, layer.bias)
        width = linear.out_features
        layers += [Normalize()] if layer.after_normalize else []
        layers += [linear, getattr(torch.nn, layer.activation)()]
    return Head(layers, min(width, truncate_dim or width)).requires_grad_(False)


def _linear(folder: Path, width: int, bias: bool) -> torch.nn.Linear:
    """The weights of one Dense layer, for vectors of this width."""
    file = folder / "model.safetensors"
    if not file.is_file():
        raise UserError(
            f"embed.model: {file} is missing; other weight formats can run code when they are read and are "
            "refused. Take a revision that has it, or save the model again with sentence-transformers"
        )
    try:
        tensors = load_file(file)
    except (SafetensorError, OSError) as error:
        raise UserError(f"embed.model: {file} cannot be loaded ({error}); take a complete copy") from None
    weight = tensors.get("linear.weight")
    if weight is None or weight.ndim != 2 or weight.shape[1] != width:
        raise UserError(f"embed.model: {file} holds no layer for vectors of width {width}")
    shapes = {"linear.weight": weight.shape} | ({"linear.bias": weight.shape[:1]} if bias else {})
    if {name: tensor.shape for name, tensor in tensors.items()} != shapes:
        held = ", ".join(f"{name} {list(tensor.shape)}" for name, tensor in sorted(tensors.items()))
        raise UserError(
            f"embed.model: {file} holds {held}, but a Dense layer {'with' if bias else 'without'} a bias is expected "
            f"(bias in {folder}/config.json); correct that, or take a complete copy of the model"
        )
    linear = torch.nn.Linear(width, len(weight), bias=bias)
    linear.load_state_dict({name.removeprefix("linear."): tensor for name, tensor in tensors.items()})
    return linear
