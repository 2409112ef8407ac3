"""Is the sum of twelve uniform numbers as good as a normal one?"""

from soapbubble.parts.declaration import Study

STUDY = Study(title="Is the sum of twelve uniform numbers as good as a normal one?")
