"""The QR code of a public link, for paper: error correction M, so that a smudge of 15 % does no harm."""

from __future__ import annotations

from io import BytesIO

import segno
from django.conf import settings
from django.urls import reverse

from surveys.models import PublicLink

QUIET = 4  # modules of white around it, as ISO/IEC 18004 asks for
DOTS = 16  # of the PNG per module: 3 cm at 300 dpi and more


def address_of(link: PublicLink) -> str:
    """The whole address, as it is printed and as the code holds it."""
    return f"{settings.PUBLIC_URL.rstrip('/')}{reverse('public-survey', args=[link.code])}"


def qr_svg(link: PublicLink) -> bytes:
    """A file for a printer: dark on white, whatever the colors of who looks."""
    out = BytesIO()
    _code(link).save(out, kind="svg", border=QUIET, scale=4, light="#fff", title=address_of(link))
    return out.getvalue()


def qr_png(link: PublicLink) -> bytes:
    out = BytesIO()
    _code(link).save(out, kind="png", border=QUIET, scale=DOTS)
    return out.getvalue()


def qr_inline(link: PublicLink) -> str:
    """For a page: it grows with its frame."""
    return str(_code(link).svg_inline(border=QUIET, light="#fff", omitsize=True, svgclass="qr", lineclass=None))


def _code(link: PublicLink) -> segno.QRCode:
    return segno.make_qr(address_of(link), error="m", boost_error=False)
