"""What is counted for those who run it."""

from prometheus_client import Counter, Gauge, Histogram

OUTCOMES = Counter(
    "tierline_notifier_outcomes_total",
    "What became of sends, by channel and outcome.",
    ["channel", "outcome"],
)
IN_FLIGHT = Gauge("tierline_notifier_in_flight", "Sends under way, or sent and not yet recorded.")
SEND_SECONDS = Histogram(
    "tierline_notifier_send_seconds",
    "How long a send took, by channel, whatever came of it.",
    ["channel"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40),
)
TOLD_SECONDS = Histogram(
    "tierline_notifier_told_seconds",
    "From a message being written to its receiver's yes, by channel: retries and waits included.",
    ["channel"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600, 86400),
)
WRITTEN = Counter("tierline_notifier_messages_total", "Messages written to be sent.")
CAUGHT = Counter("tierline_notifier_caught_mails_total", "Mails the development catcher took.")
