"""Pages of the notifier: the caught mail of a development stack."""
