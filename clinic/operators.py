"""The site of an installation's operators: who may enter, and in which clinic they work.

Operators (``User.is_staff``) belong to no clinic by that. They choose one, which its audit
notes, and see that clinic's rows only: row-level security shows nothing without a clinic. What
they change goes through actions; Django's own log of changes is not kept, because it would hold
clinic data outside of every clinic.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.functional import SimpleLazyObject, cached_property

from clinic.current import enter_clinic
from clinic.middleware import client_ip
from clinic.models import Clinic, User
from clinic.operation import open_clinic, operator
from clinic.recording import Actor
from clinic.refusals import Missing
from clinic.views.sessions import leave, safe_next

OPERATED = "operated_clinic_id"
MOST_CHOICES = 50
# They would write past the actions, or show a row without its clinic.
LEFT_OUT = {"password_change", "password_change_done", "view_on_site"}


class OperatorSite(admin.AdminSite):
    """Django's admin site behind the portal's own sign-in, for one clinic at a time."""

    site_header = "Backline operations"
    site_title = "Backline operations"
    index_title = "This installation"
    empty_value_display = "—"
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Operators only."""
        return request.user.is_active and request.user.is_staff

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """A view for operators, which works in the clinic they chose until its page is made."""
        inner = super().admin_view(view, cacheable)

        @wraps(view)
        def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path(), reverse("login"))
            if not self.has_permission(request):
                raise PermissionDenied
            clinic_id = operated_clinic_id(request)
            if clinic_id is None:
                return _made(inner(request, *args, **kwargs))
            with enter_clinic(clinic_id):
                return _made(inner(request, *args, **kwargs))

        return opened

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """What every page shows; the clinic's name is read when a page shows it."""
        return {
            **super().each_context(request),
            "operated": SimpleLazyObject(lambda: _operated(request)),
        }

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Django's without those that would bypass us, and the choice of a clinic."""
        kept = [one for one in super().get_urls() if getattr(one, "name", "") not in LEFT_OUT]
        return [path("choose/", self.admin_view(self.choose), name="choose"), *kept]

    def get_app_list(
        self, request: HttpRequest, app_label: str | None = None
    ) -> list[dict[str, Any]]:
        """The tables in two groups by whose rows they show, in the words of operators."""
        tables = {
            model["model"]: model
            for app in super().get_app_list(request, app_label)
            for model in app["models"]
        }
        groups: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
        for model, its in self._registry.items():
            if model in tables and isinstance(its, OperatorAdmin):
                groups[its.of_clinic].append({**tables[model], "name": its.called})
        titles = {False: "The installation", True: "The chosen clinic"}
        url = reverse("admin:index")
        return [
            {
                "name": titles[of_clinic],
                "app_label": "clinic" if of_clinic else "installation",
                "app_url": url,
                "has_module_perms": True,
                "models": sorted(models, key=lambda model: str(model["name"])),
            }
            for of_clinic, models in groups.items()
            if models
        ]

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The portal's sign-in page is the only one: it counts failures and locks out."""
        return redirect_to_login(safe_next(request), reverse("login"))

    def logout(  # type: ignore[override]
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """As in the portal."""
        return leave(request)

    def choose(self, request: HttpRequest) -> HttpResponse:
        """Which clinic to work in."""
        after = request.POST.get("next") or request.GET.get("next") or reverse("admin:index")
        if request.method == "POST":
            try:
                clinic = open_clinic(
                    clinic_id=UUID(request.POST.get("clinic_id", "")), by=actor_of(request)
                )
            except (ValueError, Missing) as error:
                raise Http404 from error
            request.session[OPERATED] = str(clinic.pk)
            return HttpResponseRedirect(safe_next(request))
        wanted = request.GET.get("q", "").replace("\0", "").strip()[:200]
        clinics = Clinic.objects.order_by("name")
        if wanted:
            clinics = clinics.filter(name__icontains=wanted)
        context = {
            **self.each_context(request),
            "title": "Choose a clinic",
            "clinics": clinics[:MOST_CHOICES],
            "q": wanted,
            "next": after,
        }
        return TemplateResponse(request, "admin/choose_clinic.html", context)


site = OperatorSite(name="admin")


class BoundedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts rows up to a bound, beyond which nobody pages and filters are the way."""

    most = 5_000

    @cached_property
    def count(self) -> int:
        """How many rows there are to page through."""
        rows: Any = self.object_list
        found: int = rows[: self.most].count()
        return found


class OperatorAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Reads a table for operators; writing is for subclasses, through actions.

    Nothing counts a whole table: totals stop at ``BoundedPaginator.most``. ``called`` is the
    table's name for operators; ``of_clinic`` says whether its rows are the chosen clinic's.
    """

    actions_on_top = True
    list_per_page = 50
    list_max_show_all = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    view_on_site = False
    of_clinic = True
    called = ""

    def get_paginator(
        self,
        request: HttpRequest,
        queryset: Any,
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,
    ) -> BoundedPaginator:
        """See there."""
        return BoundedPaginator(queryset, per_page, orphans, allow_empty_first_page)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Every operator sees every table of this site."""
        return site.has_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Every operator."""
        return site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody, unless a subclass has an action for it."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody, unless a subclass has an action for it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: rows end, they do not vanish."""
        return False

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The list, once a clinic is chosen."""
        context = {"title": self.called, **(extra_context or {})}
        return self._choice_first(request) or super().changelist_view(request, context)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """One row, once a clinic is chosen."""
        context = {"called": self.called, "subtitle": None, **(extra_context or {})}
        return self._choice_first(request) or super().changeform_view(
            request, object_id, form_url, context
        )

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: Any = None
    ) -> HttpResponse:
        """What was done to a row stands in the clinic's audit."""
        return redirect(reverse("admin:clinic_auditentry_changelist") + f"?q={object_id}")

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Kept in the audit, by the action."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Kept in the audit, by the action."""

    def log_deletions(self, request: HttpRequest, queryset: Any) -> Any:
        """Nothing is deleted."""

    def _choice_first(self, request: HttpRequest) -> HttpResponse | None:
        if not self.of_clinic or operated_clinic_id(request) is not None:
            return None
        back = request.get_full_path() if request.method == "GET" else reverse("admin:index")
        return redirect_to_login(back, reverse("admin:choose"))


def operated_clinic_id(request: HttpRequest) -> UUID | None:
    """The clinic an operator chose, if it is still there."""
    try:
        return UUID(request.session.get(OPERATED, ""))
    except ValueError:
        return None


def actor_of(request: HttpRequest) -> Actor:
    """The operator who asks."""
    user = request.user
    assert isinstance(user, User)
    return operator(user, client_ip(request))


def _operated(request: HttpRequest) -> Clinic | None:
    clinic_id = operated_clinic_id(request)
    return Clinic.objects.filter(pk=clinic_id).first() if clinic_id else None


def _made(response: HttpResponse) -> HttpResponse:
    """The page made while the clinic is entered; no cache keeps it."""
    if isinstance(response, TemplateResponse):
        response.render()
    add_never_cache_headers(response)
    return response
