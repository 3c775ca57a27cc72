"""The application: `gunicorn bench.peers.django_ninja.wsgi:application`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.peers.django_ninja.settings")
application = get_wsgi_application()
