"""A strict stand-in for Stripe on loopback, for the demo and the tests; never for money.

It speaks the API version of the installed SDK: request keys and values are checked against the SDK's own
parameter types, so what Stripe would refuse is refused here, in Stripe's words. What it leaves out it
refuses too, rather than guess.

    keys                 what opens the demo's fake
    forms, schema        what came over the wire, checked
    book                 everything that exists, under one lock
    shapes               how each object looks
    checkout, money      what happens to sessions, intents and charges
    movements            how refunds, disputes, payouts and the balance look
    refunds, disputes,   money that goes back, or on to the merchant's bank
      payouts
    saved                customers, kept cards, charges without the customer
    idempotency, expand  the API's own conventions
    postman              signed webhooks with retries
    page                 the hosted checkout page
    control              `/_test/*`: faults on demand
    routes, server       HTTP
"""
