"""How wide must the layers of a network be for its input to be recovered, and what does depth add?"""

from soapbubble.parts.declaration import Study

STUDY = Study(title="Can the input of a deep stack be recovered?")
