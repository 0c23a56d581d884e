"""How policies work together: (why, caller, policies, resource's statements, request, decision).

Policies are statements in short, `A` allows and `D` denies: "A dynamodb:GetItem on *". The decision
is "allowed", "explicit:<kind>" or "implicit:<kind that did not allow>". Rules: IAM user guide,
"Policy evaluation logic" for requests within an account and across accounts.
"""

from typing import NamedTuple

USER = "arn:aws:iam::111122223333:user/alice"
ROLE = "arn:aws:iam::111122223333:role/Reader"
SESSION = "arn:aws:sts::111122223333:assumed-role/Reader/s"
FEDERATED = "arn:aws:sts::111122223333:federated-user/fred"
OWN_ROOT = "arn:aws:iam::111122223333:root"
FOREIGNER = "arn:aws:iam::444455556666:user/zoe"
FOREIGN_ROOT = "arn:aws:iam::444455556666:root"
TABLE = "arn:aws:dynamodb:us-east-1:111122223333:table/T"


class Case(NamedTuple):
    """who: the caller's ARN. For resource statements `to` is the Principal, `but` NotPrincipal."""

    why: str
    expected: str
    who: str = USER
    identity: tuple[str, ...] = ()
    boundary: tuple[str, ...] | None = None
    session: tuple[str, ...] | None = None
    service_control: tuple[tuple[str, ...], ...] | None = None
    resource: tuple[str, ...] = ()
    action: str = "dynamodb:GetItem"
    on: str = TABLE


GET = "A dynamodb:GetItem on *"
NO_GET = "D dynamodb:GetItem on *"
ALL = "A * on *"
PUT = "A dynamodb:PutItem on *"


def to(who: str, effect: str = "A", action: str = "dynamodb:GetItem") -> str:
    return f"{effect} {action} on * to {who}"


CASES = [
    # Identity policies
    Case("nothing allows", "implicit:identity"),
    Case("an identity policy allows", "allowed", identity=(GET,)),
    Case("another action is allowed", "implicit:identity", identity=(PUT,)),
    Case("everything is allowed", "allowed", identity=(ALL,)),
    Case("a deny wins", "explicit:identity", identity=(GET, NO_GET)),
    Case("whatever the order", "explicit:identity", identity=(NO_GET, GET)),
    Case("a deny of another action does not", "allowed", identity=(GET, "D dynamodb:PutItem on *")),
    Case("a deny alone", "explicit:identity", identity=(NO_GET,)),
    Case("actions in any case", "allowed", identity=("A DynamoDB:getitem on *",)),
    Case("a star in an action", "allowed", identity=("A dynamodb:Get* on *",)),
    Case("a star that does not reach", "implicit:identity", identity=("A dynamodb:Put* on *",)),
    Case("a question mark in an action", "allowed", identity=("A dynamodb:?etItem on *",)),
    Case("another service's star", "implicit:identity", identity=("A s3:* on *",)),
    Case("NotAction allows the others", "allowed", identity=("A !dynamodb:PutItem on *",)),
    Case("NotAction leaves out its own", "implicit:identity", identity=("A !dynamodb:Get* on *",)),
    Case("a Deny of NotAction", "explicit:identity", identity=(ALL, "D !dynamodb:Put* on *")),
    Case("a Deny of NotAction spares its own", "allowed", identity=(ALL, "D !dynamodb:Get* on *")),
    # Resources
    Case("the very resource", "allowed", identity=(f"A dynamodb:GetItem on {TABLE}",)),
    Case("another table", "implicit:identity", identity=(f"A dynamodb:GetItem on {TABLE}2",)),
    Case("resources in their case", "implicit:identity", identity=("A * on " + TABLE[:-1] + "t",)),
    Case("a star for tables", "allowed", identity=("A * on arn:aws:dynamodb:*:*:table/*",)),
    Case("a star stays in its part", "implicit:identity", identity=("A * on arn:aws:*:*:*:*/U",)),
    Case("a region", "implicit:identity", identity=("A * on arn:aws:dynamodb:eu-west-1:*:*",)),
    Case("an account", "implicit:identity", identity=("A * on arn:aws:dynamodb:*:999999999999:*",)),
    Case("a table does not have its indexes", "implicit:identity",
         identity=(f"A * on {TABLE}",), on=f"{TABLE}/index/I"),
    Case("a star after the table has them", "allowed",
         identity=(f"A * on {TABLE}/index/*",), on=f"{TABLE}/index/I"),
    Case("indexes do not have the table", "implicit:identity",
         identity=(f"A * on {TABLE}/index/*",)),
    Case("NotResource allows the others", "allowed", identity=(f"A * on !{TABLE}2",)),
    Case("NotResource leaves out its own", "implicit:identity", identity=(f"A * on !{TABLE}",)),
    Case("a Deny of NotResource", "explicit:identity", identity=(ALL, f"D * on !{TABLE}2")),
    Case("a Deny of NotResource spares its own", "allowed", identity=(ALL, f"D * on !{TABLE}")),
    Case("no resource but everything", "allowed", identity=("A dynamodb:ListTables on *",),
         action="dynamodb:ListTables", on="*"),
    Case("an ARN is not everything", "implicit:identity",
         identity=(f"A dynamodb:ListTables on {TABLE}",), action="dynamodb:ListTables", on="*"),
    # Boundaries
    Case("a boundary allows, too", "allowed", identity=(ALL,), boundary=(GET,)),
    Case("a boundary does not allow", "implicit:boundary", identity=(ALL,), boundary=(PUT,)),
    Case("a boundary alone grants nothing", "implicit:identity", boundary=(ALL,)),
    Case("a boundary denies", "explicit:boundary", identity=(ALL,), boundary=(ALL, NO_GET)),
    # Session policies
    Case("a session policy allows, too", "allowed", SESSION, identity=(ALL,), session=(GET,)),
    Case("a session policy narrows", "implicit:session", SESSION, identity=(ALL,), session=(PUT,)),
    Case("a session policy grants nothing", "implicit:identity", SESSION, session=(ALL,)),
    Case("no session policy at all", "allowed", SESSION, identity=(ALL,)),
    Case("an empty one allows nothing", "implicit:session", SESSION, identity=(ALL,), session=()),
    Case("a session policy denies", "explicit:session", SESSION, identity=(ALL,),
         session=(ALL, NO_GET)),
    Case("boundary and session both", "allowed", SESSION, identity=(ALL,), boundary=(GET,),
         session=(GET,)),
    Case("boundary before session", "implicit:boundary", SESSION, identity=(ALL,), boundary=(PUT,),
         session=(PUT,)),
    # Service control policies
    Case("a service control policy allows", "allowed", identity=(GET,), service_control=((ALL,),)),
    Case("it does not", "implicit:service_control", identity=(GET,), service_control=((PUT,),)),
    Case("each of them has to", "implicit:service_control", identity=(GET,),
         service_control=((ALL,), (PUT,))),
    Case("they grant nothing", "implicit:identity", service_control=((ALL,),)),
    Case("one denies", "explicit:service_control", identity=(GET,),
         service_control=((ALL, NO_GET),)),
    Case("they bind what the resource grants", "implicit:service_control", resource=(to(USER),),
         service_control=((PUT,),)),
    # Resource policies within an account
    Case("the resource names the user", "allowed", resource=(to(USER),)),
    Case("it names everybody", "allowed", resource=(to("*"),)),
    Case("it names somebody else", "implicit:identity", resource=(to(USER + "2"),)),
    Case("it names the account, which decides itself", "implicit:identity",
         resource=(to(OWN_ROOT),)),
    Case("and has decided", "allowed", identity=(GET,), resource=(to(OWN_ROOT),)),
    Case("the account by its number", "implicit:identity", resource=(to("111122223333"),)),
    Case("it denies the user", "explicit:resource", identity=(ALL,), resource=(to(USER, "D"),)),
    Case("it denies the account", "explicit:resource", identity=(ALL,),
         resource=(to(OWN_ROOT, "D"),)),
    Case("it denies everybody", "explicit:resource", identity=(ALL,), resource=(to("*", "D"),)),
    Case("it denies somebody else", "allowed", identity=(ALL,), resource=(to(USER + "2", "D"),)),
    Case("the identity denies what it grants", "explicit:identity", identity=(NO_GET,),
         resource=(to(USER),)),
    Case("a grant to the user passes by the boundary", "allowed", boundary=(PUT,),
         resource=(to(USER),)),
    Case("but not by its deny", "explicit:boundary", boundary=(ALL, NO_GET), resource=(to(USER),)),
    Case("a grant to the role", "allowed", SESSION, resource=(to(ROLE),)),
    Case("is bound by the boundary", "implicit:boundary", SESSION, boundary=(PUT,),
         resource=(to(ROLE),)),
    Case("and by the session policy", "implicit:session", SESSION, session=(PUT,),
         resource=(to(ROLE),)),
    Case("a grant to the session is bound by neither", "allowed", SESSION, boundary=(PUT,),
         session=(PUT,), resource=(to(SESSION),)),
    Case("another session of the role", "implicit:identity", SESSION,
         resource=(to(SESSION + "2"),)),
    Case("a federated user by its name", "allowed", FEDERATED, session=(),
         resource=(to(FEDERATED),)),
    Case("by its user, as far as the session goes", "allowed", FEDERATED, session=(GET,),
         resource=(to(USER),)),
    Case("and no further", "implicit:session", FEDERATED, session=(PUT,), resource=(to(USER),)),
    # NotPrincipal
    Case("everybody else is allowed", "allowed", resource=(f"A {GET[2:]} but {USER}2",)),
    Case("who is named is not", "implicit:identity", resource=(f"A {GET[2:]} but {USER}",)),
    Case("everybody else is denied", "explicit:resource", identity=(ALL,),
         resource=(f"D {GET[2:]} but {USER}2",)),
    Case("who is named is spared", "allowed", identity=(ALL,),
         resource=(f"D {GET[2:]} but {USER}",)),
    Case("naming only the account spares nobody", "explicit:resource", identity=(ALL,),
         resource=(f"D {GET[2:]} but {OWN_ROOT}",)),
    Case("a session is spared by its role", "allowed", SESSION, identity=(ALL,),
         resource=(f"D {GET[2:]} but {ROLE}",)),
    # The resource in the policy
    Case("a resource policy about another resource", "implicit:identity",
         resource=(f"A dynamodb:GetItem on {TABLE}/index/* to {USER}",)),
    Case("about an index", "allowed", on=f"{TABLE}/index/I",
         resource=(f"A dynamodb:GetItem on {TABLE}/index/* to {USER}",)),
    # Other accounts
    Case("another account: neither", "implicit:resource", FOREIGNER),
    Case("only their own policy", "implicit:resource", FOREIGNER, identity=(ALL,)),
    Case("only the resource's", "implicit:identity", FOREIGNER, resource=(to(FOREIGNER),)),
    Case("both", "allowed", FOREIGNER, identity=(GET,), resource=(to(FOREIGNER),)),
    Case("both, through their account", "allowed", FOREIGNER, identity=(GET,),
         resource=(to(FOREIGN_ROOT),)),
    Case("both, to everybody", "allowed", FOREIGNER, identity=(GET,), resource=(to("*"),)),
    Case("everybody is not enough alone", "implicit:identity", FOREIGNER, resource=(to("*"),)),
    Case("the wrong account", "implicit:resource", FOREIGNER, identity=(GET,),
         resource=(to(OWN_ROOT),)),
    Case("the resource denies", "explicit:resource", FOREIGNER, identity=(ALL,),
         resource=(to(FOREIGNER), to(FOREIGN_ROOT, "D"))),
    Case("their own policy denies", "explicit:identity", FOREIGNER, identity=(ALL, NO_GET),
         resource=(to(FOREIGNER),)),
    Case("their boundary binds them", "implicit:boundary", FOREIGNER, identity=(ALL,),
         boundary=(PUT,), resource=(to(FOREIGNER),)),
    Case("even where they are named", "implicit:session", FOREIGNER, identity=(ALL,),
         session=(PUT,), resource=(to(FOREIGNER),)),
    # Root
    Case("root needs no policy", "allowed", OWN_ROOT),
    Case("of another account it needs the resource's", "implicit:resource", FOREIGN_ROOT),
    Case("which may name the account", "allowed", FOREIGN_ROOT, resource=(to(FOREIGN_ROOT),)),
    Case("or everybody", "allowed", FOREIGN_ROOT, resource=(to("*"),)),
    Case("and may deny", "explicit:resource", FOREIGN_ROOT,
         resource=(to("*"), to(FOREIGN_ROOT, "D"))),
    Case("nobody in particular, whom everybody includes", "allowed", "anonymous",
         resource=(to("*"),)),
    Case("nobody in particular, elsewhere", "implicit:resource", "anonymous",
         resource=(to(OWN_ROOT),)),
]  # fmt: skip
