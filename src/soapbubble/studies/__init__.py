"""The studies: one package each, one module a part that can run by itself."""
