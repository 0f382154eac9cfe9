"""The fast lane of customers, with their contact points and consents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import available_timezones

from django.db.models import QuerySet

from common.text import COMMENT_LENGTH
from crm.addresses import MAX_ADDRESS, normalize
from crm.models import Channel, Customer
from crm.services.consenting import Said, say_each
from crm.services.ingesting_customers import HOW, told_by
from crm.services.loading.fast.cells import FALSE, LANGUAGE, TRUE, json_object, one_of, quoted
from crm.services.loading.fast.lane import Judgement, Lane
from crm.services.loading.fast.plain_addresses import is_plain
from crm.services.organization.following import merged_into
from crm.shapes import ADDRESSED

ADDRESSES = [str(channel) for channel, _ in ADDRESSED]
COLUMNS = {
    "given_name": "text",
    "family_name": "text",
    "language": "text",
    "zone": "text",
    "segment": "text",
    "unit_id": "bigint",
    "attributes": "jsonb",
    "as_of": "timestamptz",
}


class CustomerLane(Lane):
    how = HOW

    @property
    def channels(self) -> list[str]:
        """Channels of which the file has addresses."""
        return [channel for channel in ADDRESSES if channel in self.cells]

    @property
    def consents(self) -> list[str]:
        """ "channel.purpose" of the consents that the file tells."""
        return self.cells.named("consent.")

    @property
    def each_counts(self) -> bool:  # type: ignore[override]
        return bool(self.consents)

    def columns(self) -> dict[str, str]:
        addresses = {name: "text" for channel in self.channels for name in (channel, f"{channel}_normal")}
        words = {f"word{number}": "boolean" for number, _ in enumerate(self.consents)}
        return (
            COLUMNS
            | addresses
            | words
            | {"preferred": "text", "said_at": "timestamptz", "evidence": "text", "dated": "boolean"}
        )

    def moments(self) -> dict[str, str]:
        known = self.cells.instant("as_of", self.now())
        return {"as_of": known, "said_at": self.cells.instant("consent_at", known)}

    def judge(self) -> Judgement:
        odd = self._normalize()
        joins = [self.join("unit", "crm_orgunit")] + [
            f"LEFT JOIN load_normal {channel}_n ON {channel}_n.channel = '{channel}'"
            f" AND {channel}_n.address = {self.cells[channel]}"
            for channel in odd
        ]
        found = {"unit_id": self._home(), **{f"{channel}_n": f"{channel}_n.normal" for channel in odd}}
        checks = [*self._checks(), *(f"({c}_n.address IS NULL OR {c}_n.normal IS NOT NULL)" for c in odd)]
        return Judgement(joins, found, checks, self._means(odd))

    def _home(self) -> str:
        """The unit that the row names, or the one in which it has gone up."""
        merged = merged_into(on=self.intake.at.date())
        whens = " ".join(f"WHEN {unit} THEN {heir}" for unit, heir in merged.items())
        return f"CASE unit.id {whens} ELSE unit.id END" if whens else "unit.id"

    def _checks(self) -> list[str]:
        cells = self.cells
        return [
            *(cells.fits(name, length) for name, length in _LENGTHS.items()),
            f"({cells['language']} = '' OR {cells['language']} ~ {LANGUAGE})",
            *([f"({cells['zone']} = '' OR {cells['zone']} IN ({_ZONES}))"] if "zone" in cells else []),
            f"(unit.id IS NOT NULL OR {cells['unit']} = '')",
            self.not_ahead("r.as_of"),
            *(cells.fits(f"attributes.{name}", COMMENT_LENGTH) for name in cells.named("attributes.")),
            *(cells.fits(channel, MAX_ADDRESS) for channel in self.channels),
            f"{cells['preferred']} IN ('', {one_of(ADDRESSES)})",
            *(f"lower({cells[f'consent.{name}']}) IN ('', {TRUE}, {FALSE})" for name in self.consents),
            f"(r.said_at IS NOT NULL AND {self.not_ahead('r.said_at')})",
            cells.fits("consent_evidence", 300),
        ]

    def _means(self, odd: list[str]) -> dict[str, str]:
        """`odd`: channels of which addresses were judged one by one."""
        cells = self.cells
        means = {name: cells[name] for name in (*_LENGTHS, *self.channels, "preferred", "language", "zone")}
        means |= {"unit_id": self._home_unless_named(), "attributes": self._attributes()}
        means |= {"as_of": "as_of", "said_at": "said_at", "evidence": cells["consent_evidence"]}
        means |= {"dated": f"({cells['as_of']} || {cells['consent_at']}) <> ''"}
        for channel in self.channels:
            plain = f'lower({cells[channel]} COLLATE "C")' if channel == Channel.EMAIL else cells[channel]
            means[f"{channel}_normal"] = f"coalesce({channel}_n, {plain})" if channel in odd else plain
        for number, name in enumerate(self.consents):
            cell = cells[f"consent.{name}"]
            means[f"word{number}"] = f"CASE WHEN {cell} <> '' THEN lower({cell}) IN ({TRUE}) END"
        return means

    def _home_unless_named(self) -> str:
        """As `crm.services.homing.home_of`."""
        known = (
            f"SELECT t.unit_id FROM {self.table} t WHERE t.source = {quoted(self.intake.source)}"
            f" AND t.external_id = {self.cells['external_id']}"
        )
        return f"coalesce(unit_id, ({known}), {self.intake.home or 'NULL'})"

    def _attributes(self) -> str:
        names = self.cells.named("attributes.")
        return json_object({name: f"nullif({self.cells[f'attributes.{name}']}, '')" for name in names})

    def _normalize(self) -> list[str]:
        """Have the addresses that are not plain judged by `normalize`; returns the channels that have such."""
        self._run("DROP TABLE IF EXISTS pg_temp.load_normal")
        odd = {
            (channel, address)
            for channel in self.channels
            for (address,) in self._streamed(f"SELECT {self.cells[channel]} FROM load_rows r")
            if address and not is_plain(channel, address)
        }
        if not odd:
            return []
        self._run("CREATE TEMPORARY TABLE load_normal (channel text, address text, normal text) ON COMMIT DROP")
        rows = [(channel, address, _normal(channel, address)) for channel, address in odd]
        self._run(
            "INSERT INTO load_normal SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])",
            [list(column) for column in zip(*rows, strict=True)],
        )
        return sorted({channel for channel, _ in odd})

    def sights(self) -> Mapping[str, QuerySet[Any]]:
        return {"unit_id": self.intake.units()}

    def changeable(self) -> QuerySet[Any]:
        return self.intake.in_sight(Customer.objects.filter(erased_at=None))

    def belongings(self) -> None:
        if self.channels:
            self._add_contact_points("load_new n", "j.external_id = n.external_id AND j.place = 1")
            self._change_contact_points()
        if self.consents:
            self._say("load_new n", "j.external_id = n.external_id AND j.place = 1")
            touched = self._say("load_old n", "j.line = n.line")
            self._touch(touched)

    def _given_points(self) -> str:
        """The addresses of row j, as rows."""
        given = ", ".join(
            f"('{channel}', j.{channel}, j.{channel}_normal, j.preferred = '{channel}')" for channel in self.channels
        )
        return f"LATERAL (VALUES {given}) AS p (channel, address, normalized, preferred)"

    def _add_contact_points(self, rows: str, match: str) -> list[int]:
        """Those that were not there, and what is said of others anew; returns whose. Which address goes first is the
        customer's to say, if they chose it themselves."""
        found = self._run(f"""
            WITH written AS (
                INSERT INTO crm_contactpoint AS old
                    (customer_id, channel, normalized, address, preferred, address_hash, unusable_why)
                SELECT n.id, p.channel, p.normalized, p.address, p.preferred,
                    encode(sha256(convert_to(p.channel || ':' || p.normalized, 'UTF8')), 'hex'), ''
                FROM {rows} JOIN load_judged j ON {match} CROSS JOIN {self._given_points()}
                WHERE p.address <> ''
                ON CONFLICT (customer_id, channel, normalized) DO UPDATE
                SET address = excluded.address, preferred = excluded.preferred OR old.chosen_at IS NOT NULL
                WHERE (old.address, old.preferred)
                    IS DISTINCT FROM (excluded.address, excluded.preferred OR old.chosen_at IS NOT NULL)
                RETURNING customer_id
            )
            SELECT DISTINCT customer_id FROM written
            WHERE customer_id IN (SELECT id FROM load_old)
        """)
        return [customer for (customer,) in found]

    def _change_contact_points(self) -> None:
        """Make those of customers who were there the ones given, unless the row is stale."""
        gone = self._run(f"""
            DELETE FROM crm_contactpoint c USING load_old n JOIN load_judged j ON j.line = n.line
            WHERE c.customer_id = n.id AND n.status <> 'stale' AND c.entered_at IS NULL AND c.unusable_by_id IS NULL
            AND NOT EXISTS (
                SELECT FROM {self._given_points()} WHERE p.address <> ''
                AND (p.channel, p.normalized) = (c.channel, c.normalized)
            ) RETURNING c.customer_id
        """)
        added = self._add_contact_points("load_old n", "j.line = n.line AND n.status <> 'stale'")
        self._touch([customer for (customer,) in gone] + added)

    def _say(self, rows: str, match: str) -> list[int]:
        """Have it stored what they allow and refuse; returns of whom something was not known."""
        words = ", ".join(
            "('{}', '{}', j.word{})".format(*name.split("."), number) for number, name in enumerate(self.consents)
        )
        found = self._run(f"""
            SELECT n.id, w.channel, w.purpose, w.granted, j.said_at, j.evidence, j.dated
            FROM {rows} JOIN load_judged j ON {match}
            CROSS JOIN LATERAL (VALUES {words}) AS w (channel, purpose, granted)
            WHERE w.granted IS NOT NULL ORDER BY n.id, w.channel, w.purpose
        """)
        told = told_by(self.intake)
        said = (Said(*word, **{**told, "dated": dated}) for *word, dated in found)
        return list(say_each(said)) if found else []

    def _touch(self, customers: list[int]) -> None:
        """Who was there and as they are now, but for what belongs to them."""
        if customers:
            self._run("UPDATE load_old SET status = 'updated' WHERE status = 'unchanged' AND id = ANY(%s)", [customers])


_LENGTHS = {"given_name": 120, "family_name": 120, "segment": 60}
_ZONES = one_of(sorted(available_timezones()))


def _normal(channel: str, address: str) -> str | None:
    try:
        return normalize(channel, address)
    except ValueError:
        return None
