"""Documents in Typst to PDF, by the package `typst` and without TeX. The same text gives the same bytes."""

from __future__ import annotations

from tempfile import TemporaryDirectory

from symbackprop.errors import RenderError, UsageError

try:
    import typst
except ImportError:  # the extra `pdf`, which not everyone wants
    typst = None

_EPOCH = 0  # of the file's identity; no date is shown or stored


def check_typst() -> None:
    """Whether PDF can be made here: asked before long work.

    Raises:
        UsageError: the package `typst` is missing.
    """
    if typst is None:
        raise UsageError(
            "PDF needs the package typst",
            because="It is not installed here.",
            fix="Run: pip install 'symbackprop[pdf]', or write OUT.typ, OUT.tex or OUT.html.",
            name="typst",
        )


def pdf(source: str) -> bytes:
    """The PDF of a text in Typst, with the fonts that are built into typst; it can read no file.

    Raises:
        UsageError: the package `typst` is missing.
        RenderError: typst refuses the text.
    """
    check_typst()
    assert typst is not None
    with TemporaryDirectory() as empty:
        compiler = typst.Compiler(
            input=source.encode("utf-8"),
            root=empty,
            ignore_system_fonts=True,
            package_path=empty,
            package_cache_path=empty,
        )
        try:
            made, _ = compiler.compile_with_warnings(format="pdf", timestamp=_EPOCH)
        except typst.TypstError as error:
            raise RenderError(
                "the document cannot be made a PDF",
                because=f"typst says: {error.message}.",
                fix="Write OUT.typ and look there, or write OUT.tex.",
            ) from error
    assert isinstance(made, bytes)
    return made
