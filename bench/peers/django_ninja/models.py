"""Models over the tables that our migrations made."""

from typing import Any

from django.db import models


class Json(models.JSONField):
    """A column of PostgreSQL's type json, which arrives read; Django expects jsonb, or text."""

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return super().from_db_value(value, expression, connection) if isinstance(value, str) else value


class Operator(models.Model):
    id = models.UUIDField(primary_key=True)

    class Meta:
        app_label, managed, db_table = "parking", False, "operators"


class Project(models.Model):
    id = models.UUIDField(primary_key=True)
    operator = models.ForeignKey(Operator, models.PROTECT)

    class Meta:
        app_label, managed, db_table = "parking", False, "projects"


class ApiKey(models.Model):
    id = models.UUIDField(primary_key=True)
    project = models.ForeignKey(Project, models.PROTECT)
    key_hash = models.CharField(max_length=64)
    scopes = Json()
    budgets = Json()
    revoked_at = models.BigIntegerField(null=True)

    class Meta:
        app_label, managed, db_table = "parking", False, "api_keys"


class Tariff(models.Model):
    id = models.UUIDField(primary_key=True)
    rules = Json()

    class Meta:
        app_label, managed, db_table = "parking", False, "tariffs"


class Trace(models.Model):
    request_id = models.CharField(max_length=36, primary_key=True)
    at = models.BigIntegerField()
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=300)
    operation_id = models.CharField(max_length=64, null=True)
    action = models.CharField(max_length=40, null=True)
    agent_platform = models.CharField(max_length=20, null=True)
    status = models.BigIntegerField()
    duration_ms = models.FloatField()
    actor_type = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=64, null=True)
    project_id = models.UUIDField(null=True)
    operator_id = models.UUIDField(null=True)
    ip = models.CharField(max_length=45, null=True)
    lat = models.FloatField(null=True)
    lng = models.FloatField(null=True)
    upstream = Json()
    forget_at = models.BigIntegerField(null=True)

    class Meta:
        app_label, managed, db_table = "parking", False, "traces"


class AuditEntry(models.Model):
    id = models.UUIDField(primary_key=True)
    at = models.BigIntegerField()
    operator_id = models.UUIDField()
    project_id = models.UUIDField(null=True)
    actor_type = models.CharField(max_length=20)
    actor_id = models.CharField(max_length=64, null=True)
    action = models.CharField(max_length=60)
    agent_platform = models.CharField(max_length=20, null=True)
    diff = Json()
    request_id = models.CharField(max_length=36, null=True)

    class Meta:
        app_label, managed, db_table = "parking", False, "audit_log"
