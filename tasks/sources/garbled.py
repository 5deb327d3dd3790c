"""Texts that went through the wrong character set on their way, in what a parser has read.

Decoders refuse what is not UTF-8. What was decoded wrongly before it was sent is UTF-8 all right:
`Ã¸` where `ø` was meant, or the sign for a letter that could not be read.
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from tasks.errors import SourceChanged

# UTF-8 read as Latin-1 or CP1252 and written again: a lead byte of two, then what follows it.
GARBLED = "\ufffd|[ÃÂ][\u0080-\u00bf¢-¿€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]"


def refuse(frames: Mapping[str, pl.DataFrame]) -> None:
    """Refuse tables in which a text is garbled.

    Raises:
        SourceChanged: naming the column; the text may be about a person.
    """
    for frame in frames.values():
        for name, kind in frame.schema.items():
            texts = kind.categories if isinstance(kind, pl.Enum) else frame[name]
            if texts.dtype != pl.String:
                continue
            found = texts.str.contains(GARBLED).sum()
            if found:
                raise SourceChanged(
                    subject=f"kolonnen «{name}»",
                    expected="tekst i riktig tegnsett",
                    got=f"{found} tekster med tegn som «Ã¸» for «ø»",
                    remedy="meld fra til kilden; den har lest sine egne data i feil tegnsett",
                )
