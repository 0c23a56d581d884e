"""Storage engines behind one waist (see `waist.py`). Knows nothing of tables, items or AWS."""
