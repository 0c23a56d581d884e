"""Background work. Each job is a `step(now_ms)` that `runner.py`, or a simulation, drives."""
