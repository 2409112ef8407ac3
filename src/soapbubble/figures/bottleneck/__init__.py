"""Figures of the study of convolutional and dense bottlenecks: one module a part."""
