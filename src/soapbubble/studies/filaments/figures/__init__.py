"""The figures of the study of filaments in the latent space of faces."""
