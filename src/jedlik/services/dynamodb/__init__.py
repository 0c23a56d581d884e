"""Amazon DynamoDB, API version 2012-08-10: a file per operation; the file names are the coverage."""
