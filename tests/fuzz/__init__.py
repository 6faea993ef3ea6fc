"""Fuzzers: whatever bytes come in, the engine's readers answer or refuse as documented.

    python -m tests.fuzz --cases 100000 --seed 1 --target frames
    python -m tests.fuzz.submissions --exercise ex2 --cases 100 --seed 1

`targets.py` says what each reader promises, `inputs.py` makes inputs, `engine.py` counts what came
of them. An input that broke a promise is kept in `seeds/`, and tried first ever after.
"""
