"""A folder of tables that says what made it: written whole or not at all, held to its hashes.

<folder>/manifest.json    what made it; `outputs` has the SHA-256 of every table
<table>.parquet
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from tasks.errors import LandingCorrupt


def sha256(content: bytes) -> str:
    """SHA-256 of some bytes, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """A frame as it is written: the same rows give the same bytes."""
    buffer = BytesIO()
    frame.write_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def identity_of(manifest: Mapping[str, Any]) -> str:
    """Eight digits of the hash of all that a manifest says but its name and when it was made."""
    said = {name: value for name, value in manifest.items() if name not in {"id", "created_at"}}
    return sha256(json.dumps(said, sort_keys=True).encode())[:8]


def files_of(tables: Mapping[str, pl.DataFrame]) -> tuple[dict[str, bytes], dict[str, str]]:
    """Tables as files by name, and the `outputs` that a manifest has of them."""
    content = {name: parquet_bytes(frame) for name, frame in tables.items()}
    files = {f"{name}.parquet": data for name, data in content.items()}
    return files, {name: sha256(data) for name, data in content.items()}


def write(folder: Path, manifest: Mapping[str, Any], files: Mapping[str, bytes]) -> None:
    """Write beside, sync, rename: a folder without a leading dot is always whole.

    Args:
        folder: The folder to be; nothing may be there.
        manifest: Written last.
        files: Bytes by path in the folder.
    """
    aside = folder.with_name(f".{folder.name}")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    for name, data in files.items():
        (aside / name).parent.mkdir(parents=True, exist_ok=True)
        write_synced(aside / name, data)
    text = json.dumps(manifest, ensure_ascii=False, indent=2, sort_keys=True)
    write_synced(aside / "manifest.json", text.encode())
    aside.rename(folder)


def write_synced(path: Path, data: bytes) -> None:
    """Write a file and see it on the disk."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def read(
    folder: Path, manifest: Mapping[str, Any], *, subject: str, remedy: str
) -> dict[str, pl.DataFrame]:
    """The tables, held against the hashes of the manifest.

    Args:
        folder: Where they lie.
        manifest: Gives the hashes.
        subject: What the folder is, for who reads that it is damaged.
        remedy: What to do then.

    Raises:
        LandingCorrupt: A table is missing or is not what was written.
    """
    tables = {}
    for name, expected in manifest["outputs"].items():
        file = folder / f"{name}.parquet"
        content = file.read_bytes() if file.is_file() else b""
        if sha256(content) != expected:
            raise LandingCorrupt(
                subject=f"{subject}, {file.name}",
                expected=f"innhold med SHA-256 {expected[:12]}…",
                got="en annen fil" if content else "ingen fil",
                remedy=remedy,
            )
        tables[name] = pl.read_parquet(BytesIO(content))
    return tables
