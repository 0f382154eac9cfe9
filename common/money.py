"""Money is Decimal with an ISO 4217 code. Pure; no Django."""

from __future__ import annotations

import re
from decimal import Decimal

# ISO 4217, active codes of countries' currencies
CURRENCIES = frozenset(
    """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY COP
    CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR
    IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU
    MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG
    SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST
    XAF XCD XCG XOF XPF YER ZAR ZMW ZWG
    """.split()
)

# figures after the point; all others have two
_DIGITS = dict.fromkeys("CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF".split(), 0) | dict.fromkeys(
    "BHD IQD JOD KWD LYD OMR TND".split(), 3
)

AMOUNT = re.compile(r"-?[0-9]+(\.[0-9]{1,2})?")
# no groups, or groups of three parted by the other mark than the one before the last figures
GROUPED = re.compile(
    r"-?[0-9]+([.,][0-9]{1,2})?|-?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]{1,2})?|-?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]{1,2})?"
)


def amount(text: str) -> Decimal:
    """An amount as people and systems write it: figures, and after a point at most two more. ValueError for all else:
    an exponent is a slip of the hand, and whether a comma stands for tenths or thousands is anybody's guess."""
    written = text.strip()
    if not AMOUNT.fullmatch(written):
        raise ValueError("Write the cost as 12.50.")
    return Decimal(written)


def amount_written(text: str) -> Decimal:
    """An amount as people write it in any of our languages: 12.50 and 12,50, 1 234.50, 1,234.50 and 1.234,50.
    ValueError where a single mark stands before three figures: 1,234 is one thing in London and another in Paris."""
    written = re.sub(r"[\s\u2019']", "", text)
    if re.fullmatch(r"-?[0-9]{1,3}[.,][0-9]{3}", written):
        plain = re.sub(r"[.,]", "", written)
        raise ValueError(
            f"{text.strip()} can be read in two ways. Write {plain} for thousands, or two figures as in 12.50."
        )
    if GROUPED.fullmatch(written):
        cents = re.search(r"[.,]([0-9]{1,2})$", written)
        whole = written[: cents.start()] if cents else written
        written = re.sub(r"[.,]", "", whole) + (f".{cents[1]}" if cents else "")
    return amount(written)


def currency_code(code: str) -> str:
    """The code in capitals. ValueError if no such currency is in use."""
    capitals = str(code).strip().upper()
    if capitals not in CURRENCIES:
        raise ValueError(f"{code!r} is not the code of a currency (ISO 4217), such as EUR.")
    return capitals


def digits_of(currency: str) -> int:
    """How many figures stand after the point in amounts of `currency` (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD."""
    return _DIGITS.get(currency, 2)
