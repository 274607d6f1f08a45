"""The hosted checkout page: phone first, no scripts, everything the merchant sent escaped."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from html import escape
from typing import Final

from billing.fakestripe.book import Book, Json

SYMBOLS: Final = {"cny": "¥", "eur": "€", "usd": "$", "dkk": "kr. ", "sek": "kr "}

STYLE: Final = """
*{box-sizing:border-box}
body{margin:0;font:16px/1.5 system-ui,"PingFang SC","Microsoft YaHei",sans-serif;color:#1a1f36;
  background:#f6f8fa}
main{max-width:26rem;margin:0 auto;padding:1.25rem 1rem 2rem}
header{display:flex;justify-content:space-between;align-items:center;gap:1rem;font-weight:600}
.badge{font-size:.75rem;font-weight:600;background:#ffde92;color:#5b3c00;border-radius:4px;
  padding:.1rem .5rem;white-space:nowrap}
.sum{font-size:2.25rem;font-weight:650;margin:1rem 0 0;font-variant-numeric:tabular-nums}
.lines{list-style:none;margin:.25rem 0 1.25rem;padding:0;color:#5b6577}
.lines li{display:flex;justify-content:space-between;gap:1rem}
.error{background:#fdeceb;color:#a3160e;border-radius:8px;padding:.75rem 1rem;margin:0 0 1rem}
fieldset{border:0;margin:0;padding:0}
legend{padding:0;margin:0 0 .5rem;font-weight:600}
.box{border:1px solid #d8dee6;border-radius:12px;background:#fff;overflow:hidden;margin-bottom:1rem}
.method+.method{border-top:1px solid #e6eaf0}
.method>label{display:flex;gap:.75rem;align-items:center;padding:.85rem 1rem;cursor:pointer}
.more{display:none;padding:0 1rem 1rem}
.method:has(input[name=method]:checked) .more{display:block}
.more label{display:block;font-size:.875rem;margin-top:.6rem}
.more input{width:100%;font:inherit;padding:.6rem .75rem;border:1px solid #c8d0da;border-radius:8px;
  margin-top:.2rem}
.pair{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
.hint,footer{color:#5b6577;font-size:.8125rem}
button,.button{display:block;width:100%;font:inherit;font-weight:600;text-align:center;color:#fff;
  text-decoration:none;background:#0a5bd3;border:0;border-radius:10px;padding:.85rem 1rem;cursor:pointer}
input:focus-visible,button:focus-visible,a:focus-visible{outline:3px solid #7fb0ff;outline-offset:1px}
.cancel{display:block;text-align:center;margin:1rem 0;color:#3b4a63}
"""


@dataclass(frozen=True, slots=True)
class Card:
    """What the customer typed, digits only."""

    number: str = ""
    expiry: str = ""
    cvc: str = ""

    def fault(self, *, year: int, month: int) -> str:
        """The first thing wrong with the form of it, as a key of the page's words; "" where nothing is."""
        if not _passes_luhn(self.number):
            return "incomplete_number"
        digits = "".join(char for char in self.expiry if char.isdigit())
        if len(digits) != len("MMYY") or not 1 <= int(digits[:2]) <= 12:  # noqa: PLR2004 - months
            return "incomplete_expiry"
        if (2000 + int(digits[2:]), int(digits[:2])) < (year, month):
            return "incomplete_expiry"
        return "" if self.cvc.isdigit() and len(self.cvc) in {3, 4} else "incomplete_cvc"


def checkout_page(
    book: Book, session: Json, words: dict[str, str], *, fault: str = "", method: str = ""
) -> str:
    """The page of an open session; ``fault`` is a key of the words, ``method`` the one chosen before."""
    chosen = method or session["payment_method_types"][0]
    methods = "".join(_method(name, words, chosen=name == chosen) for name in session["payment_method_types"])
    error = f'<p class="error" role="alert">{words[fault]}</p>' if fault else ""
    cancel = session["cancel_url"]
    link = f'<a class="cancel" id="cancel" href="{escape(cancel)}">{words["cancel"]}</a>' if cancel else ""
    is_setup = session["mode"] == "setup"
    amount = words["save_card"] if is_setup else money(session["amount_total"], session["currency"])
    button = words["save"] if is_setup else f"{words['pay']} {amount}"
    body = f"""
<p class="sum">{amount}</p>
<ul class="lines">{_lines(book.hidden[session["id"]]["line_items"])}</ul>
{error}
<form method="post" autocomplete="off" novalidate>
<fieldset><legend>{words["pay_with"]}</legend><div class="box">{methods}</div></fieldset>
<button id="pay" data-testid="hosted-payment-submit-button">{button}</button>
</form>
{link}"""
    return _document(book, words, body)


def closed_page(book: Book, words: dict[str, str], *, reason: str, onward: str = "") -> str:
    """The page of a session that takes no payment any more, or of none at all."""
    link = f'<a class="button" href="{escape(onward)}">{words["go_on"]}</a>' if onward else ""
    return _document(book, words, f'<p role="status">{words[reason]}</p>{link}')


def money(minor: int, currency: str) -> str:
    """An amount as people read it: ¥1,234.56."""
    return f"{SYMBOLS.get(currency, currency.upper() + ' ')}{Decimal(minor).scaleb(-2):,.2f}"


def _document(book: Book, words: dict[str, str], body: str) -> str:
    merchant = escape(book.merchant)
    return f"""<!doctype html>
<html lang="{words["lang"]}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>{words["title"]} · {merchant}</title>
<style>{STYLE}</style>
</head>
<body><main>
<header><span>{merchant}</span><span class="badge">{words["test_mode"]}</span></header>
{body}
<footer>{words["powered"]}</footer>
</main></body>
</html>
"""


def _lines(lines: list[Json]) -> str:
    return "".join(
        f"<li><span>{escape(line['description'])}</span>"
        f"<span>{money(line['amount_total'], line['currency'])}</span></li>"
        for line in lines
    )


def _method(name: str, words: dict[str, str], *, chosen: bool) -> str:
    checked = " checked" if chosen else ""
    more = _card_fields(words) if name == "card" else f'<p class="hint">{words["wallet_hint"]}</p>'
    return f"""<div class="method">
<label><input type="radio" name="method" value="{name}"{checked}> {words[name]}</label>
<div class="more">{more}</div></div>"""


def _card_fields(words: dict[str, str]) -> str:
    # Stripe's own ids, so that a browser test written for its page fits this one.
    return f"""
<label for="cardNumber">{words["card_number"]}</label>
<input id="cardNumber" name="cardNumber" inputmode="numeric" placeholder="4242 4242 4242 4242" maxlength="23">
<div class="pair">
<div><label for="cardExpiry">{words["expiry"]}</label>
<input id="cardExpiry" name="cardExpiry" inputmode="numeric" value="12 / 34" maxlength="7"></div>
<div><label for="cardCvc">{words["cvc"]}</label>
<input id="cardCvc" name="cardCvc" inputmode="numeric" value="123" maxlength="4"></div>
</div>
<p class="hint">{words["hint"]}</p>"""


def _passes_luhn(number: str) -> bool:
    if not number.isdecimal() or not 12 <= len(number) <= 19:  # noqa: PLR2004 - ISO/IEC 7812
        return False
    digits = [int(char) for char in reversed(number)]
    doubled = [sum(divmod(2 * digit, 10)) for digit in digits[1::2]]
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0
