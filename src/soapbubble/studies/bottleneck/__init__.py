"""Do fully convolutional VAEs sample worse than dense ones, and why?"""

from soapbubble.parts.declaration import Study

STUDY = Study(title="Do fully convolutional VAEs sample worse than dense ones, and why?")
