"""The one exception that is meant for a person."""

LONGEST = 800  # characters; a sentence may quote a file that holds anything


class SoapbubbleError(Exception):
    """Something the user can mend: one sentence naming the file or key, what is wrong and what to do.

    What it quotes can neither break its line, nor steer a terminal, nor make it a book.
    """

    def __init__(self, sentence: str) -> None:
        shown = "".join(map(_printable, sentence))
        if len(shown) > LONGEST:
            shown = f"{shown[: LONGEST // 2]} … {shown[-LONGEST // 2 :]}"
        super().__init__(shown)


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return " " if character == "\n" else character.encode("unicode_escape").decode()
