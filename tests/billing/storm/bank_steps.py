"""The bank's part of the storm: transfers that find their bill or do not, files imported again."""

from __future__ import annotations

from accounts.scope import utility_scope
from billing.enums import BankLineState
from billing.models import BankLine, BankMatch
from billing.operations.bank import import_statement, match_line, undo_match
from billing.references import payment_reference
from tests.billing.storm.world import World, bill_of


def transfer(world: World) -> None:
    """Money comes by bank, with the reference or without; the file is imported twice now and then."""
    customer = world.customer()
    bill = bill_of(world, customer)
    if bill is None:
        return
    minor = world.random.randrange(1, 60_000)
    text = payment_reference(bill.number or "") if world.random.random() < 0.7 else "heat"
    name = f"t{world.done.total()}"
    row = f"{name},2026-02-10,{minor // 100}.{minor % 100:02d},CNY,Somebody,,{text}\n"
    content = f"line_id,booked_on,amount,currency,payer_name,payer_account,reference\n{row}".encode()
    # On record before anything can die: the bank has it, whatever becomes of the import.
    world.transfers[name] = (customer.utility, content, minor)
    _import(world, name)


def match(world: World) -> None:
    """A clerk matches a transfer that waited, or takes a match back."""
    customer = world.customer()
    with utility_scope(customer.utility):
        if world.random.random() < 0.3:
            standing = BankMatch.objects.filter(undone_at=None).select_related("invoice")
            if found := list(standing.order_by("-pk")[:60]):
                undo_match(match=world.random.choice(found), by=world.clerks[0], at=world.at)
            return
        bill = bill_of(world, customer)
        lines = list(BankLine.objects.filter(state=BankLineState.OPEN).order_by("-pk")[:60])
        if bill is not None and lines:
            match_line(line=world.random.choice(lines), invoice=bill, by=world.clerks[0], at=world.at)


def finish_imports(world: World) -> None:
    """A clerk whose import died imports the file again."""
    for name in sorted(world.transfers.keys() - world.imported):
        _import(world, name)
        world.imported.add(name)


def _import(world: World, name: str) -> None:
    utility, content, _minor = world.transfers[name]
    with utility_scope(utility):
        for _each in range(world.random.randrange(1, 3)):
            import_statement(content=content, file_name=name, by=None, at=world.at)
