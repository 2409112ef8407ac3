"""Do the latents of a face autoencoder lie on filaments around voids?"""

from soapbubble.parts.declaration import Study

STUDY = Study(title="Do the latents of a face autoencoder lie on filaments around voids?")
