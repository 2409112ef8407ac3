"""Autoencoders of small grey pictures: their pictures, training, storage, codes and the laws fitted to the codes."""
