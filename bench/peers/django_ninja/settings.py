"""Django's settings: an API only, so no sessions, templates or admin."""

import os

from sqlalchemy import make_url

_url = make_url(os.environ["BENCH_DATABASE_URL"])

SECRET_KEY = "only-for-measuring"
DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "bench.peers.django_ninja.api"
MIDDLEWARE = ["bench.peers.django_ninja.recording.record", "django.middleware.common.CommonMiddleware"]
USE_TZ = True

_SQLITE = {
    "ENGINE": "django.db.backends.sqlite3",
    "NAME": _url.database,
    "OPTIONS": {
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=10000; "
        "PRAGMA mmap_size=268435456;",
    },
}
_POSTGRESQL = {
    "ENGINE": "django.db.backends.postgresql",
    "NAME": _url.database,
    "USER": _url.username,
    "HOST": _url.query.get("host", _url.host),
}
DATABASES = {
    "default": (_SQLITE if _url.get_backend_name() == "sqlite" else _POSTGRESQL) | {"CONN_MAX_AGE": None}
}
