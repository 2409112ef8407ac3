"""Autoencoders of small grey images: their images, training, storage, codes and the distributions fitted to these."""
