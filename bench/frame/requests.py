"""The two requests, the key that may send them, and the answer that every server gives."""

import orjson

KEY = "pk_test_benchmarkbenchmarkbenchmark00"
BUDGET_PER_MINUTE = 100_000_000

LOT = {
    "id": "019bc262-9800-752e-89a7-834df2a74de4",
    "name": "Lionshead Public Parking",
    "slug": "lionshead-public-parking",
    "lat": 39.6436,
    "lng": -106.3866,
    "distance_km": 1.1,
    "walking_minutes": 18,
    "rate": 6.0,
    "currency": "USD",
    "available": 87,
    "capacity": 120,
    "type": "garage",
    "amenities": ["covered", "elevator"],
    "agent_bookable": True,
    "updated_at": "2026-11-22T18:30:00Z",
}
ANSWER = {"lots": [LOT, LOT]}

ACTION_PATH = "/api/v1/agents/openai/actions"
ACTION_BODY = orjson.dumps(
    {
        "action": "search_parking",
        "parameters": {"lat": 39.6403, "lng": -106.3742, "radius_km": 1.5, "limit": 5},
    }
)
SEARCH_PATH = "/api/v1/lots/search"
SEARCH_QUERY = b"lat=39.6403&lng=-106.3742&radius_km=1.5&limit=5"
