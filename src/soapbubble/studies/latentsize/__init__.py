"""Why can a VAE with a huge latent space not be sampled?"""

from soapbubble.parts.declaration import Study

STUDY = Study(title="Why can a VAE with a huge latent space not be sampled?")
