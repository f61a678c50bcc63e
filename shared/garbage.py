"""How often a service looks for cyclic garbage: seldom, because a batch keeps much alive and hardly any of it is."""

import gc

_MANY_OBJECTS = 300_000


def collect_seldom() -> None:
    """Leave out for good what is loaded by now, and look again only after more new objects than a batch has.

    Measured: a third of a consumer's time went into walking the same batch over and over.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_MANY_OBJECTS)
