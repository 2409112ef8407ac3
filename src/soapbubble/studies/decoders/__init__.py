"""Why does an untrained decoder print blobs, not noise?"""

from soapbubble.parts.declaration import Study

STUDY = Study(title="Why does an untrained decoder print blobs, not noise?")
