"""Where do vectors of independent uniform components end up?"""

from soapbubble.parts.declaration import Study

STUDY = Study(title="Where do vectors of independent uniform components end up?")
