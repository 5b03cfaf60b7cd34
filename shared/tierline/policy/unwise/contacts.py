"""Clients of whom nobody can be told, and contacts whose address is not known to be theirs."""

from collections.abc import Mapping
from typing import Any

from tierline.policy.codes import Code
from tierline.policy.errors import Problems
from tierline.policy.folder import LoadedPolicy


def look(loaded: LoadedPolicy, problems: Problems) -> None:
    """Warn of clients without a contact, and of contacts with an address of another domain."""
    documents = loaded.records.documents
    contacts = documents.get("contacts", ())
    domains = {client.name: client.domains for client in loaded.records.clients}
    told = {str(contact["client"]) for contact in contacts}
    for client in domains:
        if client not in told:
            message = "has no contact: nobody there can be told, or asked to confirm"
            fix = "add one to `contacts`"
            at = ("clients", client)
            problems.warn(at, message, fix, code=Code.CLIENT_WITHOUT_CONTACT, at_key=True)
    for i, contact in enumerate(contacts):
        known = domains.get(contact["client"], ())
        if known and not _is_of(contact, known):
            listed = ", ".join(known)
            message = (
                f"`{contact['email']}` is not at a mail domain of {contact['client']} ({listed})"
            )
            fix = "correct the address, or add its domain to the client"
            problems.warn(("contacts", i, "email"), message, fix, code=Code.CONTACT_UNVERIFIED)


def _is_of(contact: Mapping[str, Any], domains: tuple[str, ...]) -> bool:
    at = str(contact["email"]).rpartition("@")[2].casefold()
    return any(at == it.casefold() or at.endswith(f".{it.casefold()}") for it in domains)
