"""Soapbubble: a workflow that checks what is claimed about latent spaces, decoders and depth."""

__version__ = "0.1.0"
