"""The figures of the study of wide and deep stacks."""
