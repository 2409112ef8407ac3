"""The figures of the study of what layers know of an image."""
