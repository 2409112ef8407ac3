"""Figures of the study of large latent spaces: one module a part."""
