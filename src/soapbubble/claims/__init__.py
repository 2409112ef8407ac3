"""Claims: what a source says, the rule that decides it, and the verdict."""
