"""Imported before servers are forked: each then has the encoder, and none loads it for a second and more."""

from lib.guide.understanding import encoder

encoder.vectors(["warm"])
