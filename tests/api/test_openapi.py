"""The OpenAPI document: whole, true, and of the version it says."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Flask

ROUTES = {
    "/api/v1/listings",
    "/api/v1/listings/{public_id}",
    "/api/v1/listings/{public_id}/matches",
    "/api/v1/search",
}
PROBLEM = "application/problem+json"


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_it_is_openapi_3_1_and_names_every_route(ask: Callable[..., Any], app: Flask) -> None:
    spec = ask("/openapi.json")
    assert spec["openapi"].startswith("3.1.")
    assert spec["info"]["title"]
    assert spec["info"]["version"] == "v1"
    assert set(spec["paths"]) == ROUTES
    served = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
    }
    assert served == ROUTES


def test_every_reference_leads_somewhere(ask: Callable[..., Any]) -> None:
    spec = ask("/openapi.json")
    found = set(references(spec))
    assert found
    for reference in found:
        assert reference.startswith("#/")
        node = spec
        for step in reference[2:].split("/"):
            node = node[step]
        assert node


def test_only_reading_is_offered_and_errors_are_problem_json(ask: Callable[..., Any]) -> None:
    spec = ask("/openapi.json")
    for path in spec["paths"].values():
        assert set(path) <= {"get", "parameters"}
        operation = path["get"]
        assert operation["summary"]
        for status, response in operation["responses"].items():
            while "$ref" in response:
                node = spec
                for step in response["$ref"][2:].split("/"):
                    node = node[step]
                response = node
            expected = "application/json" if status == "200" else PROBLEM
            assert list(response["content"]) == [expected]


def test_the_parameters_of_a_search_are_those_of_the_issue(ask: Callable[..., Any]) -> None:
    operation = ask("/openapi.json")["paths"]["/api/v1/search"]["get"]
    named = {parameter["name"] for parameter in operation["parameters"]}
    assert named >= {"q", "direction", "kind", "category", "terms", "area", "cell"}
    assert named >= {"radius_km", "sort", "cursor"}
    assert all(parameter["in"] == "query" for parameter in operation["parameters"])


def test_answers_hold_exactly_what_the_schema_says(ask: Callable[..., Any], alice: Any) -> None:
    from tests import factories

    factories.offer(alice)
    schemas = ask("/openapi.json")["components"]["schemas"]
    page = ask("/listings")
    assert set(page) == set(schemas["ListingPage"]["properties"])
    item = page["items"][0]
    assert set(item) == set(schemas["Listing"]["properties"])
    assert set(item["place"]) == set(schemas["Place"]["properties"])
    assert set(item["owner"]) == set(schemas["Owner"]["properties"])
