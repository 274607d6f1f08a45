"""The whole model of a block."""

from __future__ import annotations

from tests.bench.plants.document import Model
from tests.bench.plants.flats import FLATS, Block, add_flat, frame, materials
from tests.bench.plants.heating import add_emitter, add_loop


def model_of(block: Block) -> Model:
    """The epJSON document, from 1 November to 15 March in steps of a quarter hour."""
    model: Model = {**frame(block), **materials(block)}
    for flat in range(FLATS):
        add_flat(model, block, flat)
        add_emitter(model, block, flat)
    add_loop(model, block)
    return model
