"""IAM: users, groups, roles, policies and providers of an account, the same in every region.

Records live in the directory (`identity/directory.py`); an operation decides on a draft of it.
"""
