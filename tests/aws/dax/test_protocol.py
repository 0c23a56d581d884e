"""The control plane speaks awsJson 1.1, whether or not the request's layout is known already."""

from __future__ import annotations

import json
import urllib.error
import urllib.request

import pytest


def test_answers_are_awsjson_1_1(dax):
    for _ in range(12):
        headers = dax.describe_clusters()["ResponseMetadata"]["HTTPHeaders"]
        assert headers["content-type"] == "application/x-amz-json-1.1"
        assert headers["x-amzn-requestid"]


def test_errors_have_bare_types(dax, endpoint):
    # What boto3 sent, sent again, to see the body as bytes.
    sent = {}

    def keep(request, **_):
        sent.update(url=request.url, headers=dict(request.headers), body=request.body)

    dax.meta.events.register_last("before-send.dax.DeleteCluster", keep)
    try:
        with pytest.raises(dax.exceptions.ClusterNotFoundFault):
            dax.delete_cluster(ClusterName="nowhere")
    finally:
        dax.meta.events.unregister("before-send.dax.DeleteCluster", keep)
    headers = {
        name: value.decode() if isinstance(value, bytes) else value
        for name, value in sent["headers"].items()
    }
    asked = urllib.request.Request(sent["url"], sent["body"], headers, method="POST")
    with pytest.raises(urllib.error.HTTPError) as refusal:
        urllib.request.urlopen(asked)
    assert refusal.value.code == 400
    assert json.loads(refusal.value.read()) == {
        "__type": "ClusterNotFoundFault",
        "message": "Cluster not found.",
    }
