"""Why can a VAE with a huge latent space not be sampled? One module a part."""
