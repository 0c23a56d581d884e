"""The AWS APIs: a folder per service, a file per operation."""
