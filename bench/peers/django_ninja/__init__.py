"""Django, django-ninja and gunicorn: a project of settings, models, an API and a middleware."""
