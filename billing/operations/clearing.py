"""The provider's account, read line by line: fees are posted, payouts become money in the bank."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.scope import across_utilities, utility_scope
from billing.enums import AccountCode, EntryKind
from billing.models import PaymentAttempt, Payout, PayoutShare, ProviderCursor, ProviderMovement
from billing.operations.ledger import Side, post_entry, reverse_entry
from billing.payments.provider import MovementTold, PaymentProvider
from billing.rating.money import split

MOVEMENTS: Final = "movements"
# Movements of the account itself; they belong to a payout and not to a payment.
RETURNED: Final = ("payout_failure", "payout_cancel")
OF_PAYOUTS: Final = ("payout", *RETURNED)
# What the provider takes, or gives back, for the account as a whole; those whose money is paid out bear it
# together.
ACCOUNT_FEES: Final = ("stripe_fee", "stripe_fx_fee", "tax_fee", "adjustment")
# What we brought to the account from the bank ourselves, or took back there.
OWN_MONEY: Final = ("topup", "topup_reversal")
OF_ACCOUNT: Final = (*ACCOUNT_FEES, *OWN_MONEY)


def read_movements(*, provider: PaymentProvider, at: datetime) -> int:
    """Take over what moved on the provider's account since the last look; how many lines that were.

    Each page is stored in one transaction with the cursor, so that a crash repeats a page at most, and
    stores nothing twice.
    """
    count = 0
    while page := _next_page(provider):
        count += len(page)
        _store(page, provider=provider.name)
    match_movements(at=at)
    return count


def match_movements(*, at: datetime) -> int:
    """Give lines of known payments to them, and post what they cost; how many could be matched now."""
    rows = unmatched()
    # A line without a payment is not of the payments that the provider has not named yet.
    payments = {row.payment_id for row in rows} - {""}
    with across_utilities("the provider's account serves all utilities"):
        attempts = PaymentAttempt.objects.filter(provider_payment_id__in=payments)
        found = {attempt.provider_payment_id: attempt for attempt in attempts}
    known = [row for row in rows if row.payment_id in found]
    for row in known:
        _assign(row, found[row.payment_id], at=at)
    return len(known)


def unmatched() -> QuerySet[ProviderMovement]:
    """Lines of payments that we do not know, the oldest first."""
    rows = ProviderMovement.objects.filter(attempt__isnull=True).exclude(kind__in=OF_PAYOUTS)
    rows = rows.exclude(kind__in=OF_ACCOUNT, payment_id="")
    return rows.order_by("created_at", "pk")


def settle_payout(*, payout_id: str, provider: PaymentProvider, at: datetime) -> Payout:
    """Post a payout once all its lines are understood; until then its note says what it waits for."""
    told = provider.fetch_payout(payout_id)
    movement_ids = provider.movements_of(payout_id)
    with transaction.atomic():
        payout, _is_new = Payout.objects.select_for_update().get_or_create(
            payout_id=payout_id,
            defaults={
                "provider": provider.name,
                "amount_minor": told.amount_minor,
                "currency": told.currency,
                "arrives_on": told.arrives_on,
            },
        )
        if payout.posted_at is None:
            _post_shares(payout, movement_ids, at=at)
        if told.has_failed and payout.posted_at is not None and payout.failed_at is None:
            _take_back(payout, at=at)
        payout.save()
    return payout


def cursor_of(*, provider: str, stream: str) -> str:
    """The last row taken over of a stream, "" at the beginning."""
    row = ProviderCursor.objects.filter(provider=provider, stream=stream).first()
    return row.last_id if row else ""


def move_cursor(*, provider: str, stream: str, to: str) -> None:
    """Go on after the row ``to``; "" starts from the beginning. In the transaction that stored the rows."""
    ProviderCursor.objects.update_or_create(provider=provider, stream=stream, defaults={"last_id": to})


@transaction.atomic
def _assign(row: ProviderMovement, attempt: PaymentAttempt, *, at: datetime) -> None:
    ProviderMovement.objects.filter(pk=row.pk).update(attempt=attempt)
    if not row.fee_minor:
        return
    memo = f"{row.kind} {row.source_id}"[:240]
    with utility_scope(attempt.utility_id):
        _post_fee(f"fee-{row.movement_id}", row.fee_minor, currency=row.currency, memo=memo, at=at)


def _post_fee(key: str, minor: int, *, currency: str, memo: str, at: datetime) -> None:
    post_entry(
        key=key,
        kind=EntryKind.FEE,
        at=at,
        currency=currency,
        memo=memo,
        sides=[
            Side(account=AccountCode.PROVIDER_FEES, amount_minor=minor),
            Side(account=AccountCode.PROVIDER_CLEARING, amount_minor=-minor),
        ],
    )


def _next_page(provider: PaymentProvider) -> list[MovementTold]:
    cursor = cursor_of(provider=provider.name, stream=MOVEMENTS)
    return provider.movements_after(cursor)


@transaction.atomic
def _store(page: Sequence[MovementTold], *, provider: str) -> None:
    ProviderMovement.objects.bulk_create(
        (
            ProviderMovement(
                provider=provider,
                movement_id=told.movement_id,
                kind=told.kind,
                source_id=told.source_id,
                payment_id=told.payment_id,
                amount_minor=told.amount_minor,
                fee_minor=told.fee_minor,
                currency=told.currency,
                created_at=told.created_at,
            )
            for told in page
        ),
        ignore_conflicts=True,
    )
    move_cursor(provider=provider, stream=MOVEMENTS, to=page[-1].movement_id)


def _post_shares(payout: Payout, movement_ids: Sequence[str], *, at: datetime) -> None:
    rows = list(ProviderMovement.objects.filter(movement_id__in=movement_ids).select_related("attempt"))
    unknown = len(movement_ids) - sum(_is_understood(row) for row in rows)
    if unknown:
        payout.note = _("Waits for %(count)s movements that are not understood yet.") % {"count": unknown}
        return
    nets = sorted(_nets(rows).items())
    cost_minor = -_of_account(rows, ACCOUNT_FEES)
    brought_minor = _of_account(rows, OWN_MONEY)
    weights = [max(0, net) for _utility, (net, _count) in nets]
    whole_minor = sum(net for _utility, (net, _count) in nets) - cost_minor + brought_minor
    if whole_minor != payout.amount_minor or ((cost_minor or brought_minor) and not any(weights)):
        payout.note = _("Its movements do not add up to it.")
        return
    costs, brought = (
        split(minor, weights) if minor else [0] * len(weights) for minor in (cost_minor, brought_minor)
    )
    for (utility_id, (gross, count)), cost, own in zip(nets, costs, brought, strict=True):
        with utility_scope(utility_id):
            _post_brought(payout, own, at=at)
            _post_one_share(payout, net_minor=gross - cost + own, cost_minor=cost, movements=count, at=at)
    ProviderMovement.objects.filter(pk__in=[row.pk for row in rows]).update(payout=payout)
    payout.posted_at, payout.note = at, ""


def _post_one_share(payout: Payout, *, net_minor: int, cost_minor: int, movements: int, at: datetime) -> None:
    """What of a payout is the utility's in scope, and its part of what the account itself costs."""
    if cost_minor:
        key = f"account-fee-{payout.payout_id}"
        _post_fee(key, cost_minor, currency=payout.currency, memo=payout.payout_id, at=at)
    PayoutShare.objects.create(payout=payout, net_minor=net_minor, movements=movements)
    if net_minor:
        _post_share(payout, net_minor, at=at)


def _post_brought(payout: Payout, minor: int, *, at: datetime) -> None:
    """What of the utility's own money in the bank went to the provider's account."""
    if not minor:
        return
    post_entry(
        key=f"brought-{payout.payout_id}",
        kind=EntryKind.PAYOUT,
        at=at,
        currency=payout.currency,
        memo=payout.payout_id,
        sides=[
            Side(account=AccountCode.PROVIDER_CLEARING, amount_minor=minor),
            Side(account=AccountCode.BANK, amount_minor=-minor),
        ],
    )


def _is_understood(row: ProviderMovement) -> bool:
    return row.attempt is not None or row.kind in OF_PAYOUTS or _is_of_account(row, OF_ACCOUNT)


def _is_of_account(row: ProviderMovement, kinds: Sequence[str]) -> bool:
    return row.attempt is None and not row.payment_id and row.kind in kinds


def _of_account(rows: Sequence[ProviderMovement], kinds: Sequence[str]) -> int:
    return sum(row.net_minor for row in rows if _is_of_account(row, kinds))


def _nets(rows: Sequence[ProviderMovement]) -> dict[int, tuple[int, int]]:
    """Net and number of movements by utility. A payout that came back is everyone's by their share of it."""
    nets: dict[int, tuple[int, int]] = defaultdict(lambda: (0, 0))
    returned = [row.source_id for row in rows if row.kind in RETURNED]
    with across_utilities("a payout that came back belonged to several utilities"):
        shares = PayoutShare.objects.filter(payout__payout_id__in=returned)
        parts = list(shares.values_list("utility_id", "net_minor"))
    parts += [(row.attempt.utility_id, row.net_minor) for row in rows if row.attempt is not None]
    for utility_id, net in parts:
        before, count = nets[utility_id]
        nets[utility_id] = before + net, count + 1
    return nets


def _post_share(payout: Payout, net_minor: int, *, at: datetime) -> None:
    post_entry(
        key=payout.key,
        kind=EntryKind.PAYOUT,
        at=at,
        currency=payout.currency,
        memo=payout.payout_id,
        sides=[
            Side(account=AccountCode.BANK, amount_minor=net_minor),
            Side(account=AccountCode.PROVIDER_CLEARING, amount_minor=-net_minor),
        ],
    )


def _take_back(payout: Payout, *, at: datetime) -> None:
    with across_utilities("a payout served several utilities"):
        shares = list(PayoutShare.objects.filter(payout=payout).exclude(net_minor=0))
    for share in shares:
        with utility_scope(share.utility_id):
            reverse_entry(key=payout.key, into=f"{payout.key}:failed", at=at)
    payout.failed_at = at
