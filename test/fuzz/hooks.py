"""What every answer must be, beside the checks of schemathesis itself."""

import json
import re

import schemathesis

# A frame of V8, a path of ours, the name of an error, or ClickHouse's own words.
INSIDE = re.compile(rb"\n\s+at |node:internal|node_modules/|/src/[a-z-]+/|(?:Type|Range|Reference|Syntax)Error\b|ClickHouseError|DB::Exception")


@schemathesis.serializer("application/x-ndjson")
def lines(ctx, value):
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@schemathesis.check
def nothing_of_the_inside(ctx, response, case):
    found = INSIDE.search(response.content)
    assert found is None, f"the answer shows {found.group(0)!r}"


@schemathesis.check
def refusals_are_problems(ctx, response, case):
    """RFC 9457, with a code, and the status that the answer has."""
    if response.status_code < 400 or case.operation.path == "/readyz":
        return
    types = ", ".join(response.headers.get("content-type") or [])
    assert types.startswith("application/problem+json"), f"{response.status_code} came as {types or 'nothing'}"
    problem = json.loads(response.content)
    assert problem.get("status") == response.status_code, f"the problem says {problem.get('status')}"
    assert isinstance(problem.get("code"), str) and isinstance(problem.get("detail"), str), "the problem has no code or no detail"
