r"""LaTeX character by character: white space and comments, names of commands, brackets in whatever size."""

from __future__ import annotations

from symbackprop.notation.source import Source, Span

_GROWING = ("big", "Big", "bigg", "Bigg")
SIZES = frozenset({"left", "right", "middle", *(f"{size}{side}" for size in _GROWING for side in ("", "l", "r", "m"))})
_DELIMITERS = {
    "lparen": "(", "rparen": ")", "lbrack": "[", "rbrack": "]", "lbrace": "{", "rbrace": "}", "{": "{", "}": "}",
    "lvert": "|<", "rvert": "|>", "lVert": "‖<", "rVert": "‖>", "vert": "|", "Vert": "‖", "|": "‖",
    "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "langle": "⟨", "rangle": "⟩",
}  # fmt: skip
CLOSING = {"(": ")", "[": "]", "{": "}", "⌊": "⌋", "⌈": "⌉", "⟨": "⟩", "|<": "|>", "‖<": "‖>", "|": "|", "‖": "‖"}
BARS = ("|", "‖")
ENDS = frozenset(CLOSING.values())
SUPERSCRIPTS = {**dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)), "ᵀ": "⊤", "⊤": "⊤", "⁻": "-", "ⁿ": "n"}


class Scanner:
    """Moves through `span` of a source; `position` is the next character."""

    def __init__(self, source: Source, span: Span) -> None:
        self.source = source
        self.text = source.text
        self.position = span.start
        self.end = span.end

    def skip(self) -> bool:
        """Moves past white space and comments; whether there was any."""
        start = self.position
        while self.position < self.end:
            character = self.text[self.position]
            if character == "%":
                newline = self.text.find("\n", self.position)
                self.position = self.end if newline < 0 else min(newline, self.end)
            elif character.isspace() or character in "~\u200b":
                self.position += 1
            else:
                break
        return self.position > start

    def command(self, position: int) -> str:
        r"""The name of the command that begins with the backslash at `position`: letters, or one other character."""
        end = position + 1
        while end < self.end and self.text[end].isascii() and self.text[end].isalpha():
            end += 1
        if end == position + 1:
            return self.text[end : min(end + 1, self.end)]
        starred = self.text[end : end + 1] == "*" and self.text[position + 1 : end] in ("tag", "operatorname", "hspace")
        return self.text[position + 1 : end] + ("*" if starred else "")

    def ahead(self) -> str:
        """The next character, after white space; empty at the end."""
        self.skip()
        return self.text[self.position] if self.position < self.end else ""

    def number(self, start: int) -> tuple[str, Span]:
        end = start
        while end < self.end and self.text[end] in "0123456789":
            end += 1
        if self.text[end : end + 1] == "." and self.text[end + 1 : end + 2].isdigit() and end + 1 < self.end:
            end += 1
            while end < self.end and self.text[end] in "0123456789":
                end += 1
        self.position = end
        return self.text[start:end], Span(start, end)

    def delimiter(self, position: int) -> tuple[str, int]:
        r"""The bracket at `position`, behind `\left` or its like, and where it ends; an empty sign if none stands."""
        start = position
        sized = ""
        while position < self.end and self.text[position] == "\\":
            name = self.command(position)
            if name not in SIZES or sized:
                sign = _DELIMITERS.get(name, "")
                return self._sided(sign, sized), position + 1 + len(name) if sign else start
            sized, position = name, position + 1 + len(name)
            while position < self.end and self.text[position].isspace():
                position += 1
        character = self.text[position : min(position + 1, self.end)]
        if sized in ("left", "right", "middle") and character == ".":
            return ".", position + 1
        if character and character in "()[]|‖⌊⌋⌈⌉⟨⟩":
            return self._sided(character, sized), position + 1
        return "", start

    @staticmethod
    def _sided(sign: str, sized: str) -> str:
        if sign in BARS and sized in ("left", "bigl", "Bigl", "biggl", "Biggl"):
            return sign + "<"
        if sign in BARS and sized in ("right", "bigr", "Bigr", "biggr", "Biggr"):
            return sign + ">"
        return sign
