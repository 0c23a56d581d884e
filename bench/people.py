"""Jedlik for somebody: every signature verified, and every request judged by a user's policies.

Beside the rows of open mode, in which an unknown key is a developer, they show what knowing the
caller costs: "keys" are root's, who is verified and may do anything; "policies" those of a user
with a policy that has to be asked about the rows of each request.
"""

from __future__ import annotations

import json

import boto3

from bench.targets import Jedlik
from tests.support.oracles import Peer

ROOT = ("AKIAJEDLIKBENCHROOTX", "the secret of root")
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:*Item", "dynamodb:Query"],
            "Resource": ["arn:aws:dynamodb:*:*:table/bench*"],
            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["k*"]}},
        },
        {
            "Effect": "Allow",
            "Action": "dynamodb:Scan",
            "Resource": "arn:aws:dynamodb:*:*:table/bench*",
        },
    ],
}


class JedlikForRoot(Jedlik):
    """keys: what requests are signed with."""

    keys = ROOT

    def environment(self) -> dict[str, str]:
        more = {"JEDLIK_ACCESS_KEY_ID": ROOT[0], "JEDLIK_SECRET_ACCESS_KEY": ROOT[1]}
        return {**super().environment(), **more}


class JedlikForUser(JedlikForRoot):
    """The user is made once the server answers."""

    def start(self) -> Peer:
        super().start()
        iam = boto3.client(
            "iam",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ROOT[0],
            aws_secret_access_key=ROOT[1],
        )
        iam.create_user(UserName="bench")
        iam.put_user_policy(UserName="bench", PolicyName="rows", PolicyDocument=json.dumps(POLICY))
        key = iam.create_access_key(UserName="bench")["AccessKey"]
        self.keys = (key["AccessKeyId"], key["SecretAccessKey"])
        return self
