// AWS's Java client for DAX (for version 2 of the SDK), through its ten operations.
// Arguments: discovery URL, region, and a table with the keys pk (S) and sk (N).
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.Collectors;
import software.amazon.awssdk.auth.credentials.*;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.dynamodb.model.*;
import software.amazon.dax.ClusterDaxAsyncClient;
import software.amazon.dax.Configuration;

public class Dax {
    static AttributeValue text(String v) { return AttributeValue.builder().s(v).build(); }
    static AttributeValue number(String v) { return AttributeValue.builder().n(v).build(); }
    static AttributeValue map(Map<String, AttributeValue> v) { return AttributeValue.builder().m(v).build(); }
    static AttributeValue list(AttributeValue... v) { return AttributeValue.builder().l(v).build(); }

    static void same(String what, Object got, Object wanted) {
        if (!Objects.equals(got, wanted)) throw new AssertionError(what + ": got " + got + ", wanted " + wanted);
        System.out.println("ok " + what);
    }

    static <T> T of(CompletableFuture<T> answer) throws Exception { return answer.get(20, TimeUnit.SECONDS); }

    static Throwable failure(CompletableFuture<?> answer) throws Exception {
        try { of(answer); } catch (ExecutionException fault) { return fault.getCause(); }
        throw new AssertionError("it did not fail");
    }

    public static void main(String[] given) throws Exception {
        String table = given[2];
        Configuration configuration = Configuration.builder()
            .url(given[0]).region(Region.of(given[1])).readRetries(0).writeRetries(0)
            .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(
                System.getenv("AWS_ACCESS_KEY_ID"), System.getenv("AWS_SECRET_ACCESS_KEY"))))
            .build();
        DynamoDbAsyncClient client = ClusterDaxAsyncClient.builder().overrideConfiguration(configuration).build();
        Map<String, AttributeValue> key = Map.of("pk", text("java"), "sk", number("-1.5"));
        Map<String, AttributeValue> whole = new HashMap<>(key);
        whole.put("s", text("árvíztűrő"));
        whole.put("n", number("42"));
        whole.put("f", number("0.25"));
        whole.put("big", number("12345678901234567890123456789012345678"));
        whole.put("b", AttributeValue.builder().b(SdkBytes.fromByteArray(new byte[] {0, 1, -1})).build());
        whole.put("ss", AttributeValue.builder().ss("a", "b").build());
        whole.put("ns", AttributeValue.builder().ns("1").build());
        whole.put("t", AttributeValue.builder().bool(true).build());
        whole.put("x", AttributeValue.builder().nul(true).build());
        whole.put("l", list(text("one"), number("2")));
        whole.put("m", map(Map.of("deep", text("er"))));
        of(client.putItem(r -> r.tableName(table).item(whole)));
        for (int i = 0; i < 3; i++) same("get item", of(client.getItem(r -> r.tableName(table).key(key))).item(), whole);
        same("projection",
            of(client.getItem(r -> r.tableName(table).key(key).projectionExpression("l[1], m.deep, absent"))).item(),
            Map.of("l", list(number("2")), "m", map(Map.of("deep", text("er")))));
        same("update item", of(client.updateItem(r -> r.tableName(table).key(key)
            .updateExpression("SET n = n + :one REMOVE l[0]").conditionExpression("s = :s AND attribute_exists(m.deep)")
            .expressionAttributeValues(Map.of(":one", number("1"), ":s", text("árvíztűrő")))
            .returnValues(ReturnValue.UPDATED_NEW))).attributes().get("n"), number("43"));
        same("a condition that fails", failure(client.deleteItem(r -> r.tableName(table).key(key)
            .conditionExpression("attribute_not_exists(pk)"))).getClass(), ConditionalCheckFailedException.class);
        List<WriteRequest> puts = new ArrayList<>();
        for (int i = 0; i < 25; i++) {
            Map<String, AttributeValue> item = Map.of("pk", text("many"), "sk", number("" + i), "v", number("" + i * i));
            puts.add(WriteRequest.builder().putRequest(p -> p.item(item)).build());
        }
        same("batch write", of(client.batchWriteItem(r -> r.requestItems(Map.of(table, puts)))).unprocessedItems(), Map.of());
        same("batch get", of(client.batchGetItem(r -> r.requestItems(Map.of(table, KeysAndAttributes.builder().keys(
            Map.of("pk", text("many"), "sk", number("3")), Map.of("pk", text("none"), "sk", number("3"))).build()))))
            .responses().get(table), List.of(Map.of("pk", text("many"), "sk", number("3"), "v", number("9"))));
        List<Integer> sizes = new ArrayList<>();
        Map<String, AttributeValue> start = null;
        do {
            Map<String, AttributeValue> from = start;
            QueryResponse page = of(client.query(r -> r.tableName(table).keyConditionExpression("pk = :p AND sk >= :low")
                .expressionAttributeValues(Map.of(":p", text("many"), ":low", number("5"))).limit(8).exclusiveStartKey(from)));
            sizes.add(page.items().size());
            start = page.hasLastEvaluatedKey() ? page.lastEvaluatedKey() : null;
        } while (start != null);
        same("pages of a query", sizes, List.of(8, 8, 4));
        same("scan", of(client.scan(r -> r.tableName(table).select(Select.COUNT))).count(), 26);
        PutItemResponse told = of(client.putItem(r -> r.tableName(table).item(Map.of("pk", text("c"), "sk", number("1")))
            .returnConsumedCapacity(ReturnConsumedCapacity.INDEXES)));
        same("capacity", told.consumedCapacity().table().capacityUnits(), 1.0);
        of(client.deleteItem(r -> r.tableName(table).key(Map.of("pk", text("c"), "sk", number("1")))));
        same("capacity of a strong read", of(client.getItem(r -> r.tableName(table).key(key).consistentRead(true)
            .returnConsumedCapacity(ReturnConsumedCapacity.TOTAL))).consumedCapacity().capacityUnits(), 1.0);
        of(client.transactWriteItems(r -> r.returnConsumedCapacity(ReturnConsumedCapacity.INDEXES).transactItems(
            TransactWriteItem.builder().put(p -> p.tableName(table).item(Map.of("pk", text("t"), "sk", number("1"), "v", text("x")))).build(),
            TransactWriteItem.builder().delete(d -> d.tableName(table).key(key)).build())));
        TransactGetItemsResponse got = of(client.transactGetItems(r -> r.returnConsumedCapacity(ReturnConsumedCapacity.TOTAL).transactItems(
            TransactGetItem.builder().get(g -> g.tableName(table).key(Map.of("pk", text("t"), "sk", number("1")))).build(),
            TransactGetItem.builder().get(g -> g.tableName(table).key(key)).build())));
        same("transactions", got.responses().get(0).item().get("v"), text("x"));
        same("capacity of a transaction", got.consumedCapacity().get(0).capacityUnits(), 4.0);
        same("what a transaction deleted", got.responses().get(1).hasItem(), false);
        same("and is not cached", of(client.getItem(r -> r.tableName(table).key(key))).hasItem(), false);
        Throwable cancelled = failure(client.transactWriteItems(r -> r.transactItems(
            TransactWriteItem.builder().put(p -> p.tableName(table).item(Map.of("pk", text("t"), "sk", number("1")))
                .conditionExpression("attribute_not_exists(pk)")
                .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)).build(),
            TransactWriteItem.builder().put(p -> p.tableName(table).item(Map.of("pk", text("u"), "sk", number("1")))).build())));
        same("a cancelled transaction", cancelled.getClass(), TransactionCanceledException.class);
        // The client lists the reasons in the order in which it came to know their items' attribute
        // lists, so one that it has to ask for comes last, wherever its action stood.
        Map<String, CancellationReason> reasons = ((TransactionCanceledException) cancelled).cancellationReasons().stream()
            .collect(Collectors.toMap(CancellationReason::code, reason -> reason));
        same("its reasons", reasons.keySet(), Set.of("ConditionalCheckFailed", "None"));
        same("the item of a reason", reasons.get("ConditionalCheckFailed").item().get("v"), text("x"));
        System.exit(0); // its threads would go on
    }
}
