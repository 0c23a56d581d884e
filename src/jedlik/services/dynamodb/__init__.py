"""Amazon DynamoDB, API version 2012-08-10: a file per operation, so `ls` shows what is there."""
