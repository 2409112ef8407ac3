"""The one exception that is meant for a person."""


class SoapbubbleError(Exception):
    """Something the user can mend: one sentence naming the file or key, what is wrong and what to do."""
