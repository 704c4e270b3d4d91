"""How many tokens a batch has, and to which lengths papers are padded."""

from typing import Any

import torch

# Tokens in a padded batch, at most
PADDED_TOKENS = 4096
# On the CPU, where each core computes a batch of its own, wide models have fewer: this many over the width, which is
# 4,096 tokens of MiniLM in float32.
CPU_BATCH = {"float32": 4096 * 384, "bfloat16": 2048 * 384, "float16": 2048 * 384}
# Tokens in a packed batch: this many use the matrix units of an H200 fully at any width we know.
CUDA_TOKENS = 65536
# Padded lengths are multiples of this: in half precision twice the height of an AMX tile. In float32, 16 encoded 5 % more
# papers per second than 32, and 8 fewer.
LENGTH_STEP = {"float32": 16, "bfloat16": 32, "float16": 32}
# Products with fewer rows use kernels that add in a different order; a smaller batch is filled up.
LEAST_TOKENS = 1024


def default_budget(config: Any, device: torch.device, precision: str, max_tokens: int) -> int:
    """Tokens in a batch: on CUDA as many as fit into half of the free memory, at most CUDA_TOKENS.

    On the CPU CPU_BATCH over the width of the model, from LEAST_TOKENS to PADDED_TOKENS.

    Parameters
    ----------
    config : of the model
    """
    if device.type == "cpu":
        return min(max(CPU_BATCH[precision] // config.hidden_size, LEAST_TOKENS), PADDED_TOKENS)
    if device.type != "cuda":
        return PADDED_TOKENS
    free, _ = torch.cuda.mem_get_info(device)
    # A layer holds about its input, output, q, k, v and twice the inner activations, 2 bytes each.
    token = 2 * (8 * config.hidden_size + 2 * getattr(config, "intermediate_size", 4 * config.hidden_size))
    return int(min(CUDA_TOKENS, max(max_tokens, 0.5 * free / token)))
