"""Encoders, the cache and nearest papers."""
