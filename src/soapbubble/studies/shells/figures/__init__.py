"""The figures of the study of vectors with independent uniform components."""
