"""The triage half of intake: accepted alerts become tickets, join them, or clear them."""
