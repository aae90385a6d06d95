"""Published operations beside `plan.patrol` and `plan.logistics`: presence and supply, no effects.

A case is one TOML file of ``cases``: what was published, the inputs with their sources and ranges,
and what was foreseen by hand before the first run. ``published`` reads it, ``answers`` asks the
model, ``page`` writes docs/validation.md. A case from elsewhere is judged by the same command::

    python benchmarks/validate.py [--write docs/validation.md] [--json] [CASE.toml ...]
"""
