"""What does a layer still know of the image, and why does descent on the pixels find something else?"""

from soapbubble.parts.declaration import Study

STUDY = Study(title="What does a layer still know of the image?")
