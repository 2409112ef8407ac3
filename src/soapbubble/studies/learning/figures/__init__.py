"""The figures of the study learning."""
