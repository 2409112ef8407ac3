"""The figures of the study of the latent space of faces."""
