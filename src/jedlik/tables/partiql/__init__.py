"""PartiQL for DynamoDB: statements to parsed trees and read or write plans. Pure; no storage."""
