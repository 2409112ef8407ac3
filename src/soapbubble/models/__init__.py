"""Network architectures, built from a specification and a seed."""
