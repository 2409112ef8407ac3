"""The vocabulary that all studies measure with, one concept a module."""
