"""The ways out: mail, chat rooms, webhooks."""
