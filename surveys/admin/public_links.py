"""Links anybody may answer by: made for a unit, printed, revoked; what is printed on one is never edited."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from common.panelled import PanelledAdmin
from surveys.models import PublicLink
from surveys.services.phrasing import direction_of, languages_of, spoken_language
from surveys.services.public_links.making import make_link, revoke_link
from surveys.services.public_links.printing import address_of, qr_inline, qr_png, qr_svg
from surveys.wording import fill, phrase


class Open(admin.SimpleListFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Takes answers"), ("revoked", "Revoked")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "open":
            return queryset.filter(pk__in=PublicLink.objects.open_at(timezone.now()).values("pk"))
        return queryset.filter(revoked_at__isnull=False) if self.value() == "revoked" else queryset


@admin.register(PublicLink)
class PublicLinkAdmin(PanelledAdmin):
    page = "public_link"
    list_display = ("place", "unit", "program", "kind", "active_from", "active_until", "revoked_at", "created_at")
    list_select_related = ("unit", "program")
    list_filter = (Open, "kind", "unit", "program")
    search_fields = ("place", "code__exact")
    search_help_text = "The place, or the whole code of a link"
    ordering = ("-id",)
    fields = ("program", "unit", "place", "kind", "active_from", "active_until", "idle_seconds")
    actions = ("revoke",)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        made = ("address", "paper", "by", "created_at", "revoked_at", "revoked_by", "revoked_why")
        return ("address", "paper", *self.fields, *made[2:]) if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.get_fields(request, obj) if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and self._may(request, "change")  # for the action; what is printed is never edited

    def save_model(self, request: HttpRequest, obj: PublicLink, form: ModelForm[Any], change: bool) -> None:
        by: Any = request.user
        obj.pk = make_link(**form.cleaned_data, by=by, at=timezone.now()).pk

    @admin.display(description="address")
    def address(self, link: PublicLink) -> SafeString:
        return format_html('<a href="{0}">{0}</a>', address_of(link))

    @admin.display(description="on paper")
    def paper(self, link: PublicLink) -> SafeString:
        pages = (("../card/", "Card to print"), ("../qr.svg", "QR code, SVG"), ("../qr.png", "QR code, PNG"))
        return format_html_join(" · ", '<a href="{}">{}</a>', pages)

    @admin.action(description="Revoke: it takes no answers any more", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[PublicLink]) -> None:
        by: Any = request.user
        for link in self.in_sight(queryset, request, self.function("change")):
            done = revoke_link(link=link, at=timezone.now(), by=by, why="revoked in the console")
            told = "takes no answers any more." if done else "was revoked before."
            self.message_user(request, f"{link}: {told}", messages.SUCCESS if done else messages.WARNING)

    # --- on paper ----------------------------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        pages = {"card/": self.card_view, "qr.svg": self.svg_view, "qr.png": self.png_view}
        own = [
            path(f"<int:object_id>/{tail}", self.admin_site.admin_view(view), name=f"surveys_publiclink_{name}")
            for (tail, view), name in zip(pages.items(), ("card", "svg", "png"), strict=True)
        ]
        return [*super().get_urls()[:-1], *own, *super().get_urls()[-1:]]

    def card_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """A card of A6 with the question, the code and the address, in the language asked for."""
        link = self._printable(request, object_id)
        version = link.program.version
        if version is None:
            raise Http404
        said, known = request.GET.get("lang", ""), {"company": settings.COMPANY, "unit": link.unit.name}
        language = said if said in languages_of(version) else version.default_language
        how = {"language": language, "wording": version.wording, "default_language": version.default_language}
        context = {
            "link": link, "question": fill(phrase("question", **how), known), "language": language,
            "direction": direction_of(spoken_language(language)), "company": settings.COMPANY,
            "qr": mark_safe(qr_inline(link)),  # noqa: S308 - made by segno of our own address
            "address": address_of(link).partition("://")[2],
        }  # fmt: skip
        return TemplateResponse(request, "admin/surveys/public_card.html", context)

    def svg_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._file(qr_svg(self._printable(request, object_id)), "image/svg+xml", "svg")

    def png_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        return self._file(qr_png(self._printable(request, object_id)), "image/png", "png")

    def _printable(self, request: HttpRequest, object_id: int) -> PublicLink:
        link: PublicLink = self.row(request, str(object_id), action="view")
        return link

    def _file(self, body: bytes, kind: str, ending: str) -> HttpResponse:
        disposition = {"Content-Disposition": f'attachment; filename="qr.{ending}"'}
        return HttpResponse(body, content_type=kind, headers=disposition)
