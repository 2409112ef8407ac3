"""The figures: one module a study, one function a figure, each reading its figure data and nothing else."""
