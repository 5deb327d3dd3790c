"""Names of persons, apart from what they sent: one private file each, that can be deleted.

Everything else knows a contact by a random id that says nothing of it.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tasks import jsonlines
from tasks.errors import ConfigurationError, NotFound

_ID = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True)
class Contact:
    """Whom to ask about a form that was sent in."""

    id: str
    form: str
    round: str
    name: str | None = None
    email: str | None = None
    telephone: str | None = None

    def __repr__(self) -> str:
        """Nothing of the person: what is logged by mistake is the id."""
        return f"Contact({self.id})"


def new_id() -> str:
    """An id for a contact, that says nothing of it."""
    return secrets.token_hex(8)


class Contacts:
    """The contacts of one installation."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def save(self, identity: str, form: str, round_name: str, details: dict[str, str]) -> None:
        """Keep details of a contact; those that are not told again stay as they were.

        Args:
            identity: The contact's id (`new_id`).
            form: The form.
            round_name: Its round.
            details: Of `name`, `email`, `telephone`.
        """
        one = self.get(identity) or Contact(identity, form, round_name)
        self._write(replace(one, **details))

    def get(self, identity: str) -> Contact | None:
        """A contact, or None where it is deleted or never was."""
        path = self._path(identity)
        if path is None or not path.is_file():
            return None
        return Contact(**json.loads(path.read_text(encoding="utf-8")))

    def all(self) -> list[Contact]:
        """Every contact, by form and round."""
        found = [self.get(path.stem) for path in self.root.glob("*.json")]
        return sorted((one for one in found if one), key=lambda one: (one.form, one.round, one.id))

    def delete(self, identity: str) -> None:
        """Delete a contact for good.

        Raises:
            NotFound: there is none of that id.
        """
        path = self._path(identity)
        if path is None or not path.is_file():
            raise NotFound(
                subject="kontaktperson",
                expected="et nummer fra «tilbudsplan form contacts»",
                got="et som ikke finnes",
                remedy="se listen; er personen alt slettet, er det ikke mer å gjøre",
            )
        path.unlink()
        jsonlines.sync_folder(self.root)

    def _path(self, identity: str) -> Path | None:
        return self.root / f"{identity}.json" if _ID.fullmatch(identity) else None

    def _write(self, one: Contact) -> None:
        make_private(self.root)
        temporary = self.root / f"{one.id}.{secrets.token_hex(4)}.tmp"
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(asdict(one), file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self.root / f"{one.id}.json")
        jsonlines.sync_folder(self.root)


def make_private(folder: Path, *, only_new: bool = False) -> None:
    """Make a folder that its owner alone can enter.

    Args:
        folder: The folder.
        only_new: Leave the rights of one that is there, so that others may be let in.

    Raises:
        ConfigurationError: it cannot be made, or belongs to another user.
    """
    if only_new and folder.is_dir():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as error:
        raise ConfigurationError(
            subject=str(folder),
            expected="en mappe som denne brukeren eier",
            got=str(error.strerror),
            remedy="la brukeren som kjører natten eie mappen",
        ) from error
