"""DescribeClusters: by name, all, page by page."""

from __future__ import annotations


def test_by_name(dax, make_cluster):
    first, second = make_cluster()["ClusterName"], make_cluster()["ClusterName"]
    found = dax.describe_clusters(ClusterNames=[second, first])["Clusters"]
    assert [cluster["ClusterName"] for cluster in found] == sorted([first, second])


def test_all_are_there_and_other_regions_have_their_own(dax, make_cluster, make_client):
    name = make_cluster()["ClusterName"]
    assert name in [c["ClusterName"] for c in dax.describe_clusters()["Clusters"]]
    elsewhere = make_client("dax", region_name="eu-north-1")
    assert elsewhere.describe_clusters()["Clusters"] == []


def test_one_that_is_not_there(refused):
    code, message = refused("describe_clusters", ClusterNames=["nowhere"])
    assert (code, message) == ("ClusterNotFoundFault", "Cluster not found.")


def test_bounds_of_pages(refused):
    for size in (19, 101):
        assert refused("describe_clusters", MaxResults=size) == (
            "InvalidParameterValueException",
            "MaxResults must be between 20 and 100.",
        )


def test_a_token_that_is_none(refused):
    assert refused("describe_clusters", NextToken="\u00e9") == (
        "InvalidParameterValueException",
        "The NextToken is not valid.",
    )


def test_internal_tables_are_not_listed(dynamodb, make_cluster):
    # Clusters are kept in a table of ours; nobody's ListTables shows it.
    make_cluster()
    assert "dax" not in dynamodb.list_tables()["TableNames"]
