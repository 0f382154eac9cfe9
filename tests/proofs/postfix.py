"""A mail through a real Postfix that signs with DKIM (Debian's packages, installed if they are missing; needs root).

Two customers are asked. The server of one takes the mail: its signature holds, covers both unsubscribe headers, and
breaks when either is altered. The server of the other knows nobody of that name: Postfix reports it to the return path,
`manage.py receive_mail` takes the report in, and the address is suppressed. Everything is on loopback; Postfix hands
mail to nobody else.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import dkim
from aiosmtpd.controller import Controller
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.test import override_settings
from django.utils import timezone

from common.smtp import WatchedBackend
from crm.models import Suppression
from crm.models.customers import address_hash
from surveys.models import InboundMail, Message
from surveys.services.dispatching import dispatch_due
from surveys.services.inbound.judging import hear
from tests.factories import crm as make
from tests.factories import surveys as ask
from tests.faults.post_office import free_port
from tests.proofs.record import HOUSE, proof
from tests.world import World, build_world

SEED = 20261122  # nothing is drawn; kept for the form
HERE, PATIENCE = "127.0.0.1", 60
UNSUBSCRIBE = (b"List-Unsubscribe", b"List-Unsubscribe-Post")
PROMISES = [
    "arrived",
    "signature_holds",
    "covers_both",
    "altered_breaks",
    "bounce_came_back",
    "suppressed",
    "other_kept",
]

MAIN = """compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
myhostname = mx.shopkeeper.test
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.1/32
relay_domains = customers.test, back.test
default_transport = error:5.4.4 this proof sends nothing anywhere else
transport_maps = inline:{{ customers.test=smtp:[127.0.0.1]:{customers}, back.test=smtp:[127.0.0.1]:{back} }}
disable_dns_lookups = yes
smtpd_peername_lookup = no
smtpd_milters = inet:127.0.0.1:{milter}
milter_default_action = tempfail
smtputf8_enable = no
"""
MASTER = """127.0.0.1:{door} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""
SIGNER = """Domain shopkeeper.test
Selector s1
KeyFile {folder}/key.pem
Socket inet:{milter}@127.0.0.1
Canonicalization relaxed/relaxed
SignHeaders *,+list-unsubscribe,+list-unsubscribe-post
Mode s
InternalHosts 127.0.0.1
RequireSafeKeys no
Syslog no
"""


class Customers:
    """Their mail server: knows everybody but `nobody`."""

    def __init__(self) -> None:
        self.received: list[bytes] = []

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.received.append(bytes(envelope.content))
        return "250 OK"


class Pipe:
    """Where mail to our return path goes: the command that a pipe of Postfix runs."""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        command = [sys.executable, "manage.py", "receive_mail", "--recipient", envelope.rcpt_tos[0]]
        done = subprocess.run(command, cwd=HOUSE, input=bytes(envelope.content), check=False)
        return "451 4.3.0 try again" if done.returncode else "250 OK"


def main() -> None:
    install("postfix", "opendkim")
    world, customers = build_world(), Customers()
    reached, missed = (message_to(world, f"{name}@customers.test") for name in ("ines", "nobody"))
    with proof("postfix", seed=SEED, promises=PROMISES) as figures, tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with (
            listening(customers) as theirs,
            listening(Pipe()) as back,
            running(Path(folder), theirs, back) as (door, key),
        ):
            send(door)
            until(lambda: bool(customers.received) and InboundMail.objects.exists())
        hear(at=timezone.now())
        mail = customers.received[0] if customers.received else b""
        figures |= {"arrived": state(reached) == state(missed) == "handed_off" and bool(mail), **signed(mail, key)}
        row = InboundMail.objects.filter(message=missed).first()
        figures |= {
            "bounce_came_back": bool(row and (row.verdict, row.status) == ("bounce", "5.1.1")),
            "suppressed": is_suppressed("nobody@customers.test"),
            "other_kept": not is_suppressed("ines@customers.test"),
        }


def install(*packages: str) -> None:
    missing = [name for name in packages if not shutil.which(name)]
    if missing:
        command = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *missing]
        subprocess.run(command, check=True, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, stdout=sys.stderr)


def message_to(world: World, address: str) -> Message:
    customer = make.customer(unit=world.harbour, email=address)
    visit = make.interaction(kind=world.visit, customer=customer, unit=world.harbour)
    return ask.message(invitation=ask.invitation(interaction=visit), due_at=timezone.now())


def send(door: int) -> None:
    backend = f"{WatchedBackend.__module__}.{WatchedBackend.__qualname__}"
    with override_settings(
        EMAIL_BACKEND=backend, EMAIL_HOST=HERE, EMAIL_PORT=door, EMAIL_USE_TLS=False, EMAIL_HOST_USER="",
        CONTACT_HOURS="00:00-24:00", PUBLIC_URL="https://care.shopkeeper.test", INBOUND_DOMAIN="back.test",
        MAIL_DOMAIN="shopkeeper.test", DEFAULT_FROM_EMAIL="feedback@shopkeeper.test",
    ):  # fmt: skip
        dispatch_due(at=timezone.now())


def state(message: Message) -> str:
    message.refresh_from_db()
    return str(message.state)


def is_suppressed(address: str) -> bool:
    return Suppression.objects.filter(address_hash=address_hash("email", address)).exists()


def signed(mail: bytes, key: rsa.RSAPrivateKey) -> dict[str, bool]:
    """Whether the signature holds, covers both headers, and breaks when either is altered or taken away."""
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)
    covered, others = dkim_headers(mail), list(altered(mail)) if mail else []
    signatures = {signature(each) for each in (mail, *others)}

    def holds(each: bytes) -> bool:
        return bool(each) and bool(dkim.verify(each, dnsfunc=lambda *_, **__: record))

    return {
        "signature_holds": holds(mail),
        "covers_both": all(name.lower() in covered for name in UNSUBSCRIBE),
        "altered_breaks": len(others) == 4 and len(signatures) == 1 and not any(map(holds, others)),
    }


def signature(mail: bytes) -> bytes:
    """The whole DKIM-Signature, unfolded; it names both headers too, so an alteration has to leave it as it was."""
    _, _, rest = mail.replace(b"\r\n\t", b" ").replace(b"\r\n ", b" ").partition(b"DKIM-Signature:")
    return rest.partition(b"\r\n")[0]


def dkim_headers(mail: bytes) -> set[bytes]:
    """The names in h= of the signature."""
    tags = dict(tag.strip().partition(b"=")[::2] for tag in signature(mail).split(b";"))
    return {name.strip().lower() for name in tags.get(b"h", b"").split(b":")}


def altered(mail: bytes) -> Iterator[bytes]:
    """The mail with either header changed, and with either gone."""
    for name in UNSUBSCRIBE:
        found = re.search(rb"^" + re.escape(name) + rb":.*\r\n(?:[ \t].*\r\n)*", mail, re.MULTILINE)
        if found:
            start, end = found.span()
            yield mail[:start] + name + b": <https://elsewhere.test/>\r\n" + mail[end:]
            yield mail[:start] + mail[end:]


@contextmanager
def listening(handler: Any) -> Iterator[int]:
    door = Controller(handler, hostname=HERE, port=free_port())
    door.start()
    try:
        yield door.port
    finally:
        door.stop()


@contextmanager
def running(folder: Path, customers: int, back: int) -> Iterator[tuple[int, rsa.RSAPrivateKey]]:
    """Postfix and the signer, configured in `folder` alone; yields the door's port and the key."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    ports = {"door": free_port(), "milter": free_port(), "customers": customers, "back": back}
    for name, text in {"etc/main.cf": MAIN, "etc/master.cf": MASTER, "opendkim.conf": SIGNER}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.format(folder=folder, **ports))
    for name in ("spool", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    signer = subprocess.Popen(["opendkim", "-f", "-x", str(folder / "opendkim.conf")])
    postfix = ["postfix", "-c", str(folder / "etc")]
    try:
        subprocess.run([*postfix, "start"], check=True, stdout=sys.stderr)
        yield ports["door"], key
    finally:
        subprocess.run([*postfix, "stop"], check=False, stdout=sys.stderr)
        signer.terminate()
        signer.wait(10)


def until(true: Any) -> None:
    started = time.monotonic()
    while not true() and time.monotonic() < started + PATIENCE:
        time.sleep(0.3)
