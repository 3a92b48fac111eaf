"""The dashboard's figures and what happened last."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from clinic.api.parameters import whole
from clinic.api.schema import endpoint
from clinic.api.views import ClinicView
from clinic.dashboard import recent_activity, stats
from clinic.permissions import may_read_dashboard

TAG = "Dashboard"
LIMIT = (whole("limit", "How many rows at most.", default=20, least=1, most=100),)


class StatsAnswer(serializers.Serializer[object]):
    """The clinic in figures."""

    pending_tasks = serializers.IntegerField(help_text="Open and in progress.")
    appointments_today = serializers.IntegerField(
        help_text="In the clinic's time zone, without those cancelled or missed."
    )
    patients_total = serializers.IntegerField()
    claims_pending = serializers.IntegerField(help_text="Not submitted yet.")


class Activity(serializers.Serializer[object]):
    """The latest change of something."""

    activity_type = serializers.CharField()
    description = serializers.CharField()
    patient_name = serializers.CharField(allow_null=True)
    timestamp = serializers.DateTimeField()
    object_id = serializers.UUIDField(allow_null=True)


class StatsView(ClinicView):
    """The figures."""

    @endpoint(
        may=may_read_dashboard,
        tag=TAG,
        name="dashboard_stats",
        summary="The clinic in figures",
        description="Exact at any size: nothing is counted when this is asked.",
        answers={200: StatsAnswer},
    )
    def get(self, request: Request) -> Response:
        """200."""
        return Response(stats(self.login.clinic))


class RecentActivity(ClinicView):
    """What happened last."""

    @endpoint(
        may=may_read_dashboard,
        tag=TAG,
        name="dashboard_recent_activity",
        summary="What happened last",
        description="Newest first; each thing once, with its latest change.",
        parameters=LIMIT,
        answers={200: Activity(many=True)},
    )
    def get(self, request: Request) -> Response:
        """200."""
        return Response(recent_activity(self.query(LIMIT)["limit"]))
