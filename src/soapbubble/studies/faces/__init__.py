"""Which part of its latent space does an autoencoder of faces fill, and can new faces be drawn from there?"""

from soapbubble.parts.declaration import Study

STUDY = Study(title="Which part of its latent space does an autoencoder of faces fill?")
