"""The QR code of a public link is read by a real decoder (ZXing) from what a printer puts on paper."""

from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from django.utils import timezone
from zxingcpp import BarcodeFormat, read_barcodes

from surveys.services.public_links.making import make_link
from surveys.services.public_links.printing import address_of, qr_png, qr_svg
from tests.browser import page_of, sign_in
from tests.factories import surveys as make
from tests.world import build_world

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
INCH = 25.4  # mm
PRINTED = {"card, office printer": (58, 300), "receipt, thermal printer": (20, 203), "screen": (58, 96)}  # mm, dpi
# the picture as a printer's dots: its red, which of black on white is all there is; `smudge`: a part of side
DOTS = """async ([source, side, smudge]) => {
    const picture = new Image(); picture.src = source; await picture.decode();
    const [width, height] = side ? [side, side] : [picture.naturalWidth, picture.naturalHeight];
    const paper = new OffscreenCanvas(width, height).getContext("2d");
    paper.fillStyle = "#fff"; paper.fillRect(0, 0, width, height);
    paper.drawImage(picture, 0, 0, width, height);
    paper.fillStyle = "#555"; paper.fillRect(width / 2, height / 2, width * smudge, height * smudge);
    const seen = paper.getImageData(0, 0, width, height).data;
    let dots = "";
    for (let at = 0; at < seen.length; at += 4) dots += String.fromCharCode(seen[at]);
    return [width, height, btoa(dots)];
}"""


@pytest.fixture
def link(transactional_db, settings):
    settings.PUBLIC_URL, world = "https://voices.alderquay.example", build_world()
    program = make.version(program=make.program(name="Counter")).program
    return make_link(program=program, unit=world.harbour, place="Counter", at=timezone.now(), by=world.olivia.user)


def read(page, picture, kind, *, side=0, smudge=0.0):
    width, height, dots = page.evaluate(DOTS, [f"data:{kind};base64,{b64encode(picture).decode()}", side, smudge])
    paper = memoryview(b64decode(dots)).cast("B", (height, width))
    return [(found.text, found.format) for found in read_barcodes(paper)]


def test_the_code_is_read_from_every_file_at_every_printed_size_and_through_a_smudge(chromium, link):
    page, expected = page_of(chromium), [(address_of(link), BarcodeFormat.QRCode)]
    for picture, kind in ((qr_svg(link), "image/svg+xml"), (qr_png(link), "image/png")):
        for name, (mm, dpi) in PRINTED.items():
            for smudge in (0, 0.15):
                side = round(mm / INCH * dpi)
                assert read(page, picture, kind, side=side, smudge=smudge) == expected, (kind, name, smudge)


def test_the_code_is_read_from_the_card_as_it_is_printed(chromium, live_server, link):
    page = page_of(chromium, dark=True, device_scale_factor=300 / 96)
    sign_in(page, link.by, live_server.url)
    page.goto(f"{live_server.url}/admin/surveys/publiclink/")
    page.get_by_role("link", name="Counter").click()
    page.get_by_role("link", name="Card to print").click()
    page.emulate_media(media="print")
    assert read(page, page.screenshot(), "image/png") == [(address_of(link), BarcodeFormat.QRCode)]
