"""The API's description is the one in the reference, and says what a client needs to know."""

import inspect

from fastapi.routing import APIRoute

from router.app import ROUTES, application
from router.openapi import text
from tests.services.router.world import ROOT

REFERENCE = ROOT / "docs" / "reference" / "openapi.json"


def test_the_reference_is_what_the_code_says():
    """Drift: run `python -m router.openapi > docs/reference/openapi.json`."""
    assert REFERENCE.read_text() == text()


def test_every_operation_is_named_described_and_refuses_strangers():
    document = application().openapi()
    names = set()
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            where = f"{method} {path}"
            assert operation.get("summary"), where
            assert "401" in operation["responses"], where
            assert "503" in operation["responses"], where
            names.add(operation["operationId"])
            if (method, path) != ("post", "/v1/sessions"):
                assert operation["security"] == [{"HTTPBearer": []}], where
            if method == "post" and path != "/v1/sessions":
                parameters = {it["name"] for it in operation.get("parameters", [])}
                assert "Idempotency-Key" in parameters, where
    assert len(names) == sum(len(methods) for methods in document["paths"].values())


def test_no_dependency_is_run_by_a_thread():
    """A plain function as a dependency costs each request a hop to a thread and back."""
    asked = [
        route.dependant
        for resource in ROUTES
        for route in resource.router.routes
        if isinstance(route, APIRoute)
    ]
    assert len(asked) > 20
    plain = set()
    while asked:
        one = asked.pop()
        asked.extend(one.dependencies)
        called = one.call if inspect.isroutine(one.call) else type(one.call).__call__
        if not inspect.iscoroutinefunction(called):
            plain.add(called.__qualname__)
    assert plain == set()
