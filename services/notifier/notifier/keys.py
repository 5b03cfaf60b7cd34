"""Identities of messages."""

import secrets


def new_key() -> str:
    """A new message's key: the Message-ID or webhook-id of every attempt to send it.

    Without a full stop, which Standard Webhooks uses as separator in what is signed.
    """
    return f"msg_{secrets.token_hex(12)}"
