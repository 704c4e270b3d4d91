"""Encoders, the cache and nearest papers."""

import os

# PyTorch reads it when it is imported. Its threads wait for each other in a loop of 300,000 turns, some milliseconds
# that another program on these cores does not get: with a load of 5 on two cores, `embed` took three times as long.
os.environ.setdefault("GOMP_SPINCOUNT", "1000")
