"""Bodies and answers of signing up, in and out."""

from __future__ import annotations

from rest_framework import serializers

from clinic.api.fields import Line

Fields = serializers.Serializer[object]


class Registration(Fields):
    """A person and their new clinic."""

    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False, min_length=8)
    name = Line(max_length=200)
    tenant_name = Line(max_length=200, required=False, allow_blank=True, default="")


class Credentials(Fields):
    """What signs a person in."""

    email = serializers.CharField(max_length=254)
    password = serializers.CharField(max_length=1000, trim_whitespace=False)
    code = serializers.CharField(
        max_length=100,
        required=False,
        allow_blank=True,
        default="",
        help_text="Of the authenticator app or a recovery code, for whoever has switched that on.",
    )


class Refresh(Fields):
    """A token for one renewal."""

    refresh = serializers.CharField(max_length=4000)


class SignedInUser(Fields):
    """The person, in the clinic the token is for."""

    user_id = serializers.UUIDField()
    email = serializers.CharField()
    name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    tenant_id = serializers.UUIDField()


class TenantAnswer(Fields):
    """A clinic."""

    tenant_id = serializers.UUIDField()
    name = serializers.CharField()


class MyTenant(TenantAnswer):
    """A clinic of the person, with their role there."""

    roles = serializers.ListField(child=serializers.CharField())


class RegisterAnswer(Fields):
    """The new person, their clinic and their first tokens."""

    user = SignedInUser()
    tenant = TenantAnswer()
    token = serializers.CharField()
    refresh = serializers.CharField()
    tenant_id = serializers.UUIDField()
    message = serializers.CharField()


class LoginAnswer(Fields):
    """Tokens for the person's clinic."""

    user = SignedInUser()
    token = serializers.CharField()
    refresh = serializers.CharField()
    tenant_id = serializers.UUIDField()


class RefreshAnswer(Fields):
    """A new pair; the old refresh token is spent."""

    token = serializers.CharField()
    refresh = serializers.CharField()


class MeAnswer(SignedInUser):
    """The person with all of their clinics."""

    tenants = MyTenant(many=True)
