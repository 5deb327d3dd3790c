"""What findings are called, and what to do about them: one place for page, command and e-mail."""

from __future__ import annotations

# What a finding is of, and what a vintage fell on.
KINDS = {
    "fetch": "ikke hentet",
    "parse": "ikke forstått",
    "stage": "ikke klargjort",
    "block": "stoppet",
    "deletion": "ikke slettet i tide",
    "inbox": "innboks",
    "freshness": "for gammel",
    "damage": "skadet",
    "clock": "feil tid",
    "warn": "advarsel",
    "awaited": "ventes",
    "dropped": "forkastet",
    "night": "mislyktes",
    "unstarted": "begynte ikke",
    "unfinished": "ble ikke ferdig",
    "unreadable": "kan ikke leses",
    "journal": "kan ikke brukes",
    "unsent": "venter",
    "policy": "mottakerne kan ikke leses",
    "space": "lite plass",
    "backup": "ikke tatt i tide",
    "stopped": "tjenesten stoppet",
    "retention": "oppbevaring",
    "pages": "ikke skrevet",
}

# What is no dataset and no table, and is found to be wrong all the same.
TITLES = {
    "night": "Natten",
    "warehouse": "Det publiserte varehuset",
    "clock": "Klokken",
    "journal": "Journalen",
    "mail": "E-posten",
    "disk": "Disken",
    "backup": "Sikkerhetskopien",
    "retention": "Oppryddingen",
    "datadocs": "Sidene om kontrollen",
}

# What to do where the reason does not say it. `{name}` is the dataset or table.
TODO = {
    "fetch": "Natten prøver igjen av seg selv. Gjentar det seg, spør kilden eller se "
    "«tilbudsplan doctor --live {name}».",
    "parse": "Se hva kilden har endret med «tilbudsplan doctor --live {name}».",
    "stage": "Se hva som ikke lot seg lese i grunnen over, og rett SQL-filen eller katalogen.",
    "block": "Se radene med «tilbudsplan quarantine show {name}», og bestem så: «tilbudsplan "
    "quarantine release {name}» tar tallene i bruk, «tilbudsplan quarantine drop {name}» forkaster "
    "dem; begge spør hvem (--by) og hvorfor (--reason).",
    "freshness": "Spør kilden når tallene kommer, eller rett grensen i data/catalogue.",
    "deletion": "Kjør «tilbudsplan purge».",
    "inbox": "Se i innboksen, og flytt eller rett filen.",
    "damage": "Filen er allerede bygget på nytt. Få disken undersøkt om det skjer igjen.",
    "clock": "Still klokken på maskinen, og slå på tidssynkronisering.",
    "warn": "Tallene er publisert. Se om de stemmer med «tilbudsplan check».",
    "night": "Tallene fra forrige natt står. Rett feilen og kjør «tilbudsplan ingest».",
    "unstarted": "Se om tjeneren kjører (systemctl status tilbudsplan), og kjør «tilbudsplan "
    "ingest».",
    "unfinished": "Se hva som kjører med «tilbudsplan doctor», og kjør «tilbudsplan ingest».",
    "unreadable": "Kjør «tilbudsplan build», som lager det på nytt av det som er hentet.",
    "journal": "Hent journalen tilbake fra siste sikkerhetskopi; rett den ikke for hånd.",
    "unsent": "Se hvorfor med «tilbudsplan mail list», og send med «tilbudsplan mail send».",
    "policy": "Rett data/reference/alerts.toml. Til det er gjort, brukes filen slik den var sist.",
    "retention": "Ingenting er slettet. Rett det som står over, og se hva som ville gått med "
    "«tilbudsplan prune --dry-run».",
    "pages": "Neste natt skriver dem. Se om det er plass på disken, og hvem som eier mappen.",
    "space": "Rydd på disken, eller utvid den. En natt trenger 2 GB.",
    "backup": "Kjør «tilbudsplan backup MAPPE» til en annen disk, og se hvorfor den ukentlige ikke "
    "gikk.",
    "stopped": "Se hvorfor med «journalctl -u tilbudsplan», og start den med «systemctl start "
    "tilbudsplan».",
}
REMEDY = "Gjør slik: "

# Owners whose names in files are not how they are written.
OWNERS = {
    "fagopplaering": "fagopplæring",
    "okonomi": "økonomi",
    "opplaering": "opplæring",
    "voksenopplaering": "voksenopplæring",
}


def label(kind: str) -> str:
    """What a kind of finding is called."""
    return KINDS.get(kind, kind)


def owner(name: str) -> str:
    """Who answers for something, as people write it."""
    return OWNERS.get(name, name)


def titled(identity: str, title: str | None) -> str:
    """A dataset or table by its title, with the name that commands take."""
    return f"{title} ({identity})" if title else TITLES.get(identity, identity)


def parted(reason: str, kind: str, name: str) -> tuple[str, str]:
    """A reason as what is wrong and what to do.

    Errors of the project end with their remedy; where there is none, the kind says what to do. What
    is held back waits for a person's verdict, whatever the reason.
    """
    what, _, remedy = reason.partition(REMEDY)
    general = TODO.get(kind, "").format(name=name)
    remedy = remedy.strip()
    own = f"{remedy[:1].upper()}{remedy[1:]}"
    return what.strip(), general if kind == "block" else own or general
