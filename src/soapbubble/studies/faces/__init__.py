"""Which region of its latent space does a face autoencoder fill, and what does its decoder make of the rest?"""

from soapbubble.parts.declaration import Study

STUDY = Study(title="Which region of its latent space does a face autoencoder fill?")
