"""Measures of one field each, on arrays; nothing here knows of a study."""
