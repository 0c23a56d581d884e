"""TagResource, UntagResource, ListTags."""

from __future__ import annotations


def test_life_of_tags(dax, make_cluster):
    arn = make_cluster(Tags=[{"Key": "a", "Value": "1"}])["ClusterArn"]
    tags = dax.tag_resource(
        ResourceName=arn, Tags=[{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]
    )["Tags"]
    assert tags == [{"Key": "a", "Value": "2"}, {"Key": "b", "Value": ""}]
    assert dax.list_tags(ResourceName=arn)["Tags"] == tags
    assert dax.untag_resource(ResourceName=arn, TagKeys=["a"])["Tags"] == tags[1:]
    assert dax.list_tags(ResourceName=arn)["Tags"] == tags[1:]


def test_refusals(make_cluster, refused):
    arn = make_cluster()["ClusterArn"]
    assert refused("untag_resource", ResourceName=arn, TagKeys=["x"]) == (
        "TagNotFoundFault",
        "Tag x not found.",
    )
    tags = [{"Key": str(i), "Value": ""} for i in range(51)]
    assert refused("tag_resource", ResourceName=arn, Tags=tags) == (
        "TagQuotaPerResourceExceeded",
        "A resource can have at most 50 tags.",
    )
    for bad in ("x", arn.replace("us-east-1", "eu-west-1"), arn.replace(":cache/", ":x/")):
        assert refused("list_tags", ResourceName=bad) == (
            "InvalidARNFault",
            f"The ARN {bad} is not valid.",
        )
    nowhere = arn.rpartition("/")[0] + "/nowhere"
    assert refused("list_tags", ResourceName=nowhere) == (
        "ClusterNotFoundFault",
        "Cluster not found.",
    )
