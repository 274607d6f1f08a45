"""A hundred thousand things that may happen to money, and the checker that compares all who keep books of it.

transport   the SDK's requests answered by the fake in this process, with lost and refused answers
crashes     a worker that dies between any two statements or calls
world       utilities, customers, bills, and what is known of them without asking the ledger
steps       what residents, clerks, banks, networks and sweeps do; bank_steps, promise_steps: more of it
checker     ledger = fake Stripe = invoices, all of it; promises: cards and instalments
standing    what holds at every moment, asked after each death
__main__    the full size on two processes: ``python -m tests.billing.storm``
"""
