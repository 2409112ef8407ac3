"""What does training change in what a layer still knows of its input?"""

from soapbubble.parts.declaration import Study

STUDY = Study(title="What does training change in what a layer still knows of its input?")
