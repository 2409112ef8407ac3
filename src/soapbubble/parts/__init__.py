"""What a study and its parts declare, and where the workflow reads it."""
