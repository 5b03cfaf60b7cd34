"""What the edge counts, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

ACCEPTED = Counter("tierline_alerts_accepted_total", "Alerts committed, by adapter", ["source"])
REJECTED = Counter("tierline_alerts_rejected_total", "Alerts refused, by adapter", ["source"])
TURNED_AWAY = Counter(
    "tierline_accept_turned_away_total", "Requests answered 503: come again", ["why"]
)
COMMITS = Counter("tierline_accept_commits_total", "Commits shared by accepted alerts")
COMMIT_SECONDS = Histogram(
    "tierline_accept_commit_seconds",
    "A shared commit, from its statement to its end",
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 2.5),
)
WAITING = Gauge("tierline_accept_waiting", "Alerts waiting for a commit")
