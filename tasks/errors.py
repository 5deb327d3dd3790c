"""The error tree: every refusal says what was expected, what came, and what to do about it.

Planners read these texts, so they are in Norwegian; class and argument names are English.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

# A source may answer with a million signs where a word was meant; a reader is shown the start.
MOST_SHOWN = 4_000
# What DuckDB's binding says when it is stopped by a signal.
INTERRUPTED = "Query interrupted"


class TilbudsplanError(Exception):
    """A refusal that a person can act on.

    Args:
        expected: What should have been there.
        got: What came instead.
        remedy: What the reader should do.
        subject: The dataset, file or field it concerns; a caller that knows more sets it
            afterwards with `about`.
    """

    def __init__(self, *, expected: str, got: str, remedy: str, subject: str = "") -> None:
        self.subject = subject
        self.expected = expected
        self.got = got
        self.remedy = remedy
        super().__init__(expected, got, remedy, subject)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel between processes, where positional arguments would be put back."""
        return _again, (type(self), self.args, vars(self))

    def about(self, subject: str) -> TilbudsplanError:
        """Name the dataset in front of what the message already names, and return the error."""
        if subject and subject not in self.subject:
            self.subject = f"{subject}: {self.subject}" if self.subject else subject
        return self

    def __str__(self) -> str:
        head = f"{self.subject}: " if self.subject else ""
        got = self.got if len(self.got) <= MOST_SHOWN else f"{self.got[:MOST_SHOWN]} …"
        return f"{head}ventet {self.expected}, men fikk {got}. Gjør slik: {self.remedy}"


def _again(
    kind: type[TilbudsplanError], args: tuple[Any, ...], state: dict[str, Any]
) -> TilbudsplanError:
    error = kind.__new__(kind)
    error.args = args
    vars(error).update(state)
    return error


class SourceUnavailable(TilbudsplanError):
    """The source did not answer, or asked us to come back later: trying again may help."""


class SourceChanged(TilbudsplanError):
    """The source answered something else than agreed: a person must look, retries do not help."""


class ProgramFault(TilbudsplanError):
    """An answer brought a fault of ours to light: the dataset is refused, and the night goes on."""


class ValidationFailed(TilbudsplanError):
    """A table broke an expectation whose severity is `block`."""


class LandingCorrupt(TilbudsplanError):
    """A landed file is missing, half-written, or does not match its hash."""


class JournalCorrupt(TilbudsplanError):
    """The journal's hash chain does not hold."""


class WarehouseDamaged(TilbudsplanError):
    """A published file is not what was published; it can be built again with nothing lost."""


class DiskFull(TilbudsplanError):
    """There is no room for what must be written."""


class NightLocked(TilbudsplanError):
    """Another process holds the night lock."""


class NotFound(TilbudsplanError):
    """Something asked for by name does not exist (a dataset, a run, a published warehouse)."""


class WrongUse(TilbudsplanError):
    """The command or its arguments are wrong (exit code 2)."""


class ConfigurationError(TilbudsplanError):
    """A setting, rule or reference file cannot be used as it stands."""


class CatalogueError(TilbudsplanError):
    """All mistakes of one load of the catalogue, collected.

    Args:
        problems: One line per mistake: file, entry, key, what is wrong, remedy.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(
            subject="katalogen",
            expected="gyldige filer i data/catalogue",
            got=f"{len(self.problems)} feil",
            remedy="rett opp alle linjene under og kjør «tilbudsplan doctor»",
        )

    def __str__(self) -> str:
        return "\n".join([super().__str__(), *(f"  - {line}" for line in self.problems)])


def is_interrupt(error: BaseException | None) -> bool:
    """Whether somebody stopped the program (Ctrl-C) while a query ran.

    DuckDB's binding takes the signal and raises an error of its own; nothing stays pending.
    """
    while error is not None:
        if isinstance(error, RuntimeError) and INTERRUPTED in str(error):
            return True
        error = error.__cause__ or error.__context__
    return False
