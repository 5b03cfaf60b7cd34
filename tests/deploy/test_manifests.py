"""The rendered manifests: three Kubernetes versions take them, and they keep to the rules."""

import copy
import json
import re

import jsonschema_rs
import kubernetes_validate
import pytest
import yaml

from tests.conftest import require_or_skip
from tests.deploy.policies import careless, named, pod_of, unprobed, unrestricted
from tests.deploy.rendered import (
    CHART,
    EVERYTHING,
    PLAIN,
    helm,
    mark,
    objects,
    render,
    run_helm,
    template,
)
from tests.product import ROOT, SERVICES

VERSIONS = ("1.30", "1.33", "1.36")
OTHERS_KINDS = {"ScaledObject", "TriggerAuthentication", "ServiceMonitor", "PrometheusRule"}
"""Kinds of operators, whose schemas are not Kubernetes' own."""

FILES = {"plain": PLAIN, "everything": EVERYTHING}
ALL = [(name, it) for name, file in FILES.items() for it in objects(file)]
ALL_OPTIONS = [("everything", it) for it in objects(EVERYTHING)]
PODS = [(f"{name}: {named(it)}", it) for name, it in ALL if pod_of(it)]
SERVICE_PODS = [(name, it) for name, it in PODS if it["kind"] == "Deployment"]


def of_kind(kind: str, file=PLAIN):
    return [it for it in objects(file) if it["kind"] == kind]


@pytest.mark.parametrize("version", VERSIONS)
def test_kubernetes_takes_every_object(version):
    # The plain file adds nothing of its own: looked at once.
    for name, it in ALL if version == VERSIONS[-1] else ALL_OPTIONS:
        if it["kind"] not in OTHERS_KINDS:
            try:
                kubernetes_validate.validate(it, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                pytest.fail(f"{name}: {named(it)}: {error.message}")


def test_an_object_with_a_misspelt_field_is_not_taken():
    it = copy.deepcopy(of_kind("Deployment")[0])
    it["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(it, VERSIONS[-1], strict=True)


@pytest.mark.parametrize(("name", "it"), PODS, ids=[name for name, _ in PODS])
def test_every_pod_is_restricted_and_bounded(name, it):
    pod = pod_of(it)
    assert [*unrestricted(pod), *careless(pod)] == []


@pytest.mark.parametrize(("name", "it"), SERVICE_PODS, ids=[name for name, _ in SERVICE_PODS])
def test_every_service_is_probed_and_leaves_before_it_ends(name, it):
    pod = pod_of(it)
    assert list(unprobed(pod)) == []
    container = pod["containers"][0]
    env = {e["name"]: e.get("value") for e in container["env"]}
    leaves = int(env["TIERLINE_DRAIN_SECONDS"])
    assert leaves + int(env["TIERLINE_STOP_SECONDS"]) < pod["terminationGracePeriodSeconds"]


BREAKS = {
    "runs as root": lambda pod, c: pod["securityContext"].update(runAsUser=0),
    "may be root": lambda pod, c: pod["securityContext"].pop("runAsNonRoot"),
    "no seccomp": lambda pod, c: pod["securityContext"].pop("seccompProfile"),
    "host network": lambda pod, c: pod.update(hostNetwork=True),
    "host path": lambda pod, c: pod["volumes"].append({"name": "h", "hostPath": {"path": "/"}}),
    "keeps capabilities": lambda pod, c: c["securityContext"].pop("capabilities"),
    "may gain privileges": lambda pod, c: c["securityContext"].pop("allowPrivilegeEscalation"),
    "root can be written": lambda pod, c: c["securityContext"].pop("readOnlyRootFilesystem"),
    "latest": lambda pod, c: c.update(image="tierline/router:latest"),
    "no tag": lambda pod, c: c.update(image="registry:5000/tierline/router"),
    "no limit": lambda pod, c: c["resources"].pop("limits"),
    "more than the limit": lambda pod, c: c["resources"]["requests"].update(memory="1Gi"),
    "a token": lambda pod, c: pod.pop("automountServiceAccountToken"),
    "open secret": lambda pod, c: c["env"].append({"name": "TIERLINE_SECRET", "value": "x"}),
    "no readiness": lambda pod, c: c.pop("readinessProbe"),
    "alive is ready": lambda pod, c: c["livenessProbe"]["httpGet"].update(path="/readyz"),
    "no time to leave": lambda pod, c: c.update(
        env=[one for one in c["env"] if one["name"] != "TIERLINE_DRAIN_SECONDS"]
    ),
}


@pytest.mark.parametrize("what", BREAKS)
def test_each_rule_finds_what_it_is_for(what):
    pod = copy.deepcopy(pod_of(of_kind("Deployment")[0]))
    BREAKS[what](pod, pod["containers"][0])
    assert [*unrestricted(pod), *careless(pod), *unprobed(pod)] != []


def test_every_service_has_its_own_deployment_service_and_budget():
    for kind in ("Deployment", "Service", "PodDisruptionBudget"):
        assert {it["metadata"]["name"] for it in of_kind(kind)} == {
            f"tierline-{name}" for name in SERVICES
        }
    for budget in of_kind("PodDisruptionBudget"):
        assert budget["spec"]["maxUnavailable"] == 1
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_every_selector_finds_the_pods_it_is_for_and_no_others(file):
    pods = {it["metadata"]["name"]: it["spec"]["template"] for it in of_kind("Deployment", file)}
    for kind in ("Deployment", "Service", "PodDisruptionBudget"):
        for it in of_kind(kind, file):
            selector = it["spec"]["selector"]
            wanted = selector.get("matchLabels", selector).items()
            found = {n for n, pod in pods.items() if wanted <= pod["metadata"]["labels"].items()}
            assert found == {it["metadata"]["name"]}, named(it)


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_a_services_port_is_one_that_its_pod_has(file):
    """The API server does not look."""
    for service in of_kind("Service", file):
        (target,) = {port["targetPort"] for port in service["spec"]["ports"]}
        (pod,) = (
            pod_of(it)
            for it in of_kind("Deployment", file)
            if it["metadata"]["name"] == service["metadata"]["name"]
        )
        assert target in {port["name"] for port in pod["containers"][0]["ports"]}


@pytest.mark.parametrize(("name", "it"), PODS, ids=[name for name, _ in PODS])
def test_every_mount_has_a_volume_and_every_file_that_is_named_is_mounted(name, it):
    pod = pod_of(it)
    volumes = {volume["name"]: volume for volume in pod.get("volumes", [])}
    for container in [*pod.get("initContainers", []), *pod["containers"]]:
        mounts = {m["mountPath"]: m["name"] for m in container.get("volumeMounts", [])}
        assert set(mounts.values()) <= set(volumes)
        for env in container.get("env", []):
            if re.search(r"_(FILE)$", env["name"]):
                folder, _, file = env["value"].rpartition("/")
                items = volumes[mounts[folder]]["secret"]["items"]
                assert file in {item["path"] for item in items}, env["name"]


def test_an_install_waits_for_the_tables_and_with_helm_they_are_made_before():
    (job,) = of_kind("Job")
    assert "annotations" not in job["metadata"]
    for it in of_kind("Deployment"):
        waits = [c["args"] for c in pod_of(it).get("initContainers", [])]
        expected = [] if it["metadata"]["name"].endswith("console") else [["migrate", "--wait"]]
        assert [args[:2] for args in waits] == expected
    (job,) = of_kind("Job", EVERYTHING)
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    # Nothing of the release is there yet when a hook runs.
    assert "serviceAccountName" not in pod_of(job)


def test_migrations_go_past_the_pooler():
    (job,) = of_kind("Job", EVERYTHING)
    volumes = {v["name"]: v for v in pod_of(job)["volumes"]}
    assert volumes["database"]["secret"]["secretName"] == "tierline-db-superuser"
    for it in of_kind("Deployment", EVERYTHING):
        volumes = {v["name"]: v for v in pod_of(it)["volumes"]}
        if "database" in volumes:
            assert volumes["database"]["secret"]["secretName"] == "tierline-db-app"


def test_what_is_scaled_by_another_has_no_replicas_of_its_own():
    scalers = [
        *of_kind("HorizontalPodAutoscaler", EVERYTHING),
        *of_kind("ScaledObject", EVERYTHING),
    ]
    scaled = [it["spec"]["scaleTargetRef"]["name"] for it in scalers]
    assert sorted(scaled) == sorted(f"tierline-{name}" for name in SERVICES)
    for it in of_kind("Deployment", EVERYTHING):
        assert "replicas" not in it["spec"], named(it)
    assert all(it["spec"]["replicas"] == 2 for it in of_kind("Deployment"))


def test_keda_asks_for_the_groups_and_topics_that_the_services_use():
    asked = {
        it["metadata"]["name"]: it["spec"]["triggers"][0]["metadata"]
        for it in of_kind("ScaledObject", EVERYTHING)
    }
    code = "\n".join(file.read_text() for file in (ROOT / "services").rglob("*.py"))
    for name in ("intake", "router", "notifier"):
        group = asked[f"tierline-{name}"]["consumerGroup"]
        assert re.search(rf'^(NAME|GROUP) = "{group}"', code, re.MULTILINE), group
    assert {asked[f"tierline-{name}"]["topic"] for name in ("intake", "router", "notifier")} == {
        *("alerts.received", "tickets.events")
    }
    assert {asked["tierline-intake"][key] for key in ("sasl", "tls")} == {"scram_sha512", "enable"}
    assert "tierline.ticket WHERE next_due_at" in asked["tierline-sla-timer"]["query"]


def test_nothing_is_let_in_or_out_unless_it_is_listed():
    policies = {it["metadata"]["name"]: it["spec"] for it in of_kind("NetworkPolicy")}
    nothing = policies["tierline-nothing"]
    assert nothing["policyTypes"] == ["Ingress", "Egress"]
    assert "ingress" not in nothing
    assert [port["port"] for port in nothing["egress"][0]["ports"]] == [53, 53]
    out = policies["tierline-database-and-kafka"]
    assert "console" not in out["podSelector"]["matchExpressions"][0]["values"]
    (_, webhooks) = policies["tierline-messages-out"]["egress"]
    assert "10.0.0.0/8" in webhooks["to"][0]["ipBlock"]["except"]


# -- the values


SCHEMA = jsonschema_rs.validator_for((CHART / "values.schema.json").read_text())
DEFAULTS = yaml.safe_load((CHART / "values.yaml").read_text())


def changed(path: str, value: object) -> dict:
    made = copy.deepcopy(DEFAULTS)
    at = made
    *folders, last = path.split("/")
    for key in folders:
        at = at[key]
    at[last] = value
    return made


def test_the_defaults_are_taken_and_so_is_everything_at_once():
    assert [e.message for e in SCHEMA.iter_errors(DEFAULTS)] == []

    def merge(base: dict, over: dict) -> dict:
        both = {
            k: merge(base[k], v) if isinstance(v, dict) and isinstance(base.get(k), dict) else v
            for k, v in over.items()
        }
        return {**base, **both}

    values = yaml.safe_load((ROOT / "tests/deploy/everything-values.yaml").read_text())
    assert [e.message for e in SCHEMA.iter_errors(merge(DEFAULTS, values))] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("replicas", 3),
        ("services/intake/replica", 3),
        ("services/intake/replicas", 0),
        ("services/intake/replicas", "2"),
        ("services/worker", {}),
        ("services/router/resources/limits/memory", "lots"),
        ("services/router/resources/limits", {}),
        ("services/router/autoscaling/cpuPercent", 0),
        ("services/router/extraEnv", [{"name": "TIERLINE_SECRET", "value": "in the open"}]),
        ("services/router/extraEnv", [{"name": "LD_PRELOAD", "value": "/x"}]),
        ("image/tag", "latest"),
        ("image/tag", "a b"),
        ("image/pullPolicy", "Sometimes"),
        ("secret", "a-secret-in-the-open"),
        ("secret/name", ""),
        ("database/url", "postgresql://u:p@h/d"),
        ("database/pooler", "session"),
        ("database/pooler", "transaction"),
        ("kafka/bootstrap", "kafka"),
        ("kafka/replication", 0),
        ("kafka/securityProtocol", "TLS"),
        ("kafka/securityProtocol", "SASL_SSL"),
        ("kafka/sasl/mechanism", "GSSAPI"),
        ("kafka/sasl/password", "x"),
        ("mail/port", 70_000),
        ("mail/from", "tierline"),
        ("mail/tls", True),
        ("consoleUrl", "tierline.example.com"),
        ("consoleUrl", "https://tierline.example.com/"),
        ("allowedTargets", ["10.1.0.0"]),
        ("logLevel", "trace"),
        ("development", "yes"),
        ("migrations/mode", "never"),
        ("migrations/policy/from", "configMap"),
        ("shutdown/leaveSeconds", -1),
        ("podDisruptionBudget/maxUnavailable", 0),
        ("ingress/consoleHost", "Tierline Example"),
        ("networkPolicy/databasePort", 0),
        ("networkPolicy/kafkaPorts", []),
        ("monitoring/serviceMonitor/interval", "often"),
        ("keda/lag", "100"),
    ],
)
def test_nonsense_is_refused(path, value):
    assert not SCHEMA.is_valid(changed(path, value))


def test_every_value_has_a_default_and_a_rule():
    def keys(schema: dict) -> set[str]:
        return set(schema.get("properties", {}))

    schema = json.loads((CHART / "values.schema.json").read_text())
    assert keys(schema) - {"global"} == set(DEFAULTS)
    for name, rule in schema["properties"].items():
        if isinstance(DEFAULTS.get(name), dict) and rule.get("additionalProperties") is False:
            assert keys(rule) == set(DEFAULTS[name]), name


@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_the_kept_manifests_are_of_the_chart_as_it_is(file):
    """Without helm, too: a chart that was changed and not rendered anew is seen here."""
    assert mark() in file.read_text().splitlines(), "run `make manifests`"


# -- helm itself, where it is (CI fetches it); without it, what is kept is judged above


@pytest.fixture
def with_helm() -> None:
    if helm() is None:
        require_or_skip("helm is not installed: python -m tests.deploy.fetch")


needs_helm = pytest.mark.usefixtures("with_helm")


@needs_helm
def test_helm_has_no_fault_to_find():
    done = run_helm("lint", "--strict", str(CHART))
    assert done.returncode == 0, done.stdout + done.stderr


@needs_helm
@pytest.mark.parametrize("file", FILES.values(), ids=FILES)
def test_the_kept_manifests_are_what_the_chart_renders(file):
    """As objects: versions of helm leave empty lines or none."""
    kept, anew = (list(yaml.safe_load_all(text)) for text in (file.read_text(), render(file)))
    assert kept == anew, "run `make manifests`"


@needs_helm
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["keda.enabled=true"], "install KEDA first"),
        (["services.intake.autoscaling.enabled=true,services.intake.autoscaling.min=9"], "min is"),
        (["services.intake.replica=3"], "replica"),
        (["monitoring.prometheusRule.enabled=true"], None),
    ],
)
def test_what_cannot_be_rendered_says_why(arguments, said):
    done = template("--set", *arguments)
    if said is None:
        carried = (CHART / "files" / "alert-rules.yaml").is_file()
        assert (done.returncode == 0) == carried
    else:
        assert done.returncode != 0
        assert said in done.stderr


def test_the_chart_carries_the_alert_rules_as_they_are():
    rules = ROOT / "deploy" / "observability" / "rules.yaml"
    carried = CHART / "files" / "alert-rules.yaml"
    assert rules.is_file() == carried.is_file()
    if rules.is_file():
        assert carried.read_text() == rules.read_text(), "copy it: `make manifests` does"
