"""The change log: what a record holds, how it is read, and how long it is kept."""
