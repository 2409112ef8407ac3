"""The configuration: one module a study says what its block of `config.yaml` may hold; `loading` reads it all."""
