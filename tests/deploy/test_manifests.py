"""Helm itself renders the chart; Kubernetes' schemas check what it renders."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
import yaml

from hubocr.cluster.settings import ENTRY, WORKER, ClusterSettings
from hubocr.server.settings import SERVER_PARAMS
from tests.server.running import ROOT

CHART = ROOT / "deploy" / "helm" / "hubocr"
OTHERS = ("deploy/kserve/servingruntime.yaml", "deploy/kuberay/rayservice.yaml")
EVERYTHING: Mapping[str, Any] = {
    "autoscaling": {"kind": "keda"},
    "serviceMonitor": {"enabled": True},
    "grpc": {"enabled": True},
    "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "tls"},
    "apiKeys": {"values": ["a", "b"]},
    "modelVolume": {"persistentVolumeClaim": {"claimName": "models"}},
    "podAnnotations": {"a": "b"},
    "nodeSelector": {"kubernetes.io/arch": "amd64"},
    "imagePullSecrets": [{"name": "registry"}],
}


def documents(text: str) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(text) if one]


def render(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    helm = pytest.importorskip("helm_python", reason="helm-python-sdk is not installed")
    with helm.Chart.load(CHART) as chart:
        rendered = chart.render(dict(values), name="test", namespace="ocr")
    return {
        one["kind"]: one
        for name, text in sorted(rendered.items())
        if name.endswith(".yaml")
        for one in documents(text)
    }


def test_helm_finds_nothing_wrong() -> None:
    helm = pytest.importorskip("helm_python", reason="helm-python-sdk is not installed")
    for values in ({}, EVERYTHING):
        report = helm.lint(CHART, dict(values), strict=True)
        worst = [m for m in report["messages"] if "icon" not in json.dumps(m)]
        assert worst == [], report


@pytest.mark.parametrize(
    "values", [{}, EVERYTHING, {"autoscaling": {"kind": "hpa"}}], ids=["default", "all", "hpa"]
)
def test_what_it_renders_fits_kubernetes_schemas(values: Mapping[str, Any]) -> None:
    schemas = pytest.importorskip("kubernetes_validate", reason="it is not installed")
    for one in render(values).values():
        if ".k8s.io" in one["apiVersion"] or "." not in one["apiVersion"]:
            schemas.validate(one, "1.34", strict=True)


def test_the_values_reach_the_manifests() -> None:
    plain = render({})
    assert set(plain) == {
        *("ConfigMap", "Deployment", "PodDisruptionBudget", "Service", "ServiceAccount"),
    }
    deployment = plain["Deployment"]["spec"]
    assert deployment["replicas"] == 2
    pod = deployment["template"]["spec"]
    (container,) = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["terminationGracePeriodSeconds"] > 30
    config = json.loads(plain["ConfigMap"]["data"]["config.json"])
    assert set(config["server"]) <= set(SERVER_PARAMS)
    everything = render(EVERYTHING)
    assert {"Ingress", "ScaledObject", "Secret", "ServiceMonitor"} < set(everything)
    spec = everything["Deployment"]["spec"]
    assert "replicas" not in spec
    (container,) = spec["template"]["spec"]["containers"]
    assert "--grpc-port=8001" in container["args"]
    assert container["env"][0]["valueFrom"]["secretKeyRef"]["name"] == "test-hubocr-keys"
    assert everything["Secret"]["stringData"] == {"api-keys": "a,b"}
    query = everything["ScaledObject"]["spec"]["triggers"][0]["metadata"]["query"]
    assert 'hubocr_requests_in_flight{namespace="ocr",service="test-hubocr"}' in query
    scaled = render({"autoscaling": {"kind": "hpa"}})["HorizontalPodAutoscaler"]["spec"]
    (metric,) = scaled["metrics"]
    assert metric["pods"]["metric"]["name"] == "hubocr_requests_in_flight"


def test_a_changed_configuration_rolls_out() -> None:
    def checksum(values: Mapping[str, Any]) -> Any:
        metadata = render(values)["Deployment"]["spec"]["template"]["metadata"]
        return metadata["annotations"]["checksum/config"]

    assert checksum({}) == checksum({"replicaCount": 5})
    assert checksum({}) != checksum({"config": {"server": {"limit_queue": 5}}})


def test_the_other_manifests_name_what_there_is() -> None:
    for name in OTHERS:
        for one in documents((ROOT / name).read_text(encoding="utf-8")):
            assert {"apiVersion", "kind", "metadata", "spec"} <= set(one)
    (service,) = documents((ROOT / OTHERS[1]).read_text(encoding="utf-8"))
    (application,) = yaml.safe_load(service["spec"]["serveConfigV2"])["applications"]
    assert application["import_path"] == "hubocr.cluster:app"
    assert {one["name"] for one in application["deployments"]} <= {ENTRY, WORKER}
    content = (ROOT / "config.json").read_text(encoding="utf-8")
    args = {**application["args"], "config": json.loads(content)}
    assert ClusterSettings.from_args(args).num_cpus >= 1
