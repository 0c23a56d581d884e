// AWS's Go client for DAX, version 2, through its ten operations.
// Arguments: discovery URL, region, and a table with the keys pk (S) and sk (N).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-dax-go-v2/dax"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

type item = map[string]types.AttributeValue

func text(v string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: v} }
func number(v string) types.AttributeValue { return &types.AttributeValueMemberN{Value: v} }

var ctx = context.Background()

func must[T any](answer T, err error) T {
	if err != nil {
		panic(err)
	}
	return answer
}

// The client writes fractions as "25E-2": numbers are compared in one form.
func plain(v types.AttributeValue) types.AttributeValue {
	switch v := v.(type) {
	case *types.AttributeValueMemberN:
		value, _ := new(big.Rat).SetString(v.Value)
		return number(value.RatString())
	case *types.AttributeValueMemberL:
		for i := range v.Value {
			v.Value[i] = plain(v.Value[i])
		}
	case *types.AttributeValueMemberM:
		plainItem(v.Value)
	}
	return v
}

func plainItem(all item) item {
	for name := range all {
		all[name] = plain(all[name])
	}
	return all
}

func same(what string, got, wanted any) {
	if !reflect.DeepEqual(got, wanted) {
		one, other := must(json.Marshal(got)), must(json.Marshal(wanted))
		panic(fmt.Sprintf("%s: got %s, wanted %s", what, one, other))
	}
	fmt.Println("ok", what)
}

func connect(url, region string) *dax.Dax {
	config := dax.DefaultConfig()
	config.HostPorts = []string{url}
	config.Region = region
	config.Credentials = credentials.NewStaticCredentialsProvider(
		os.Getenv("AWS_ACCESS_KEY_ID"), os.Getenv("AWS_SECRET_ACCESS_KEY"), "")
	config.RequestTimeout = 10 * time.Second
	config.ReadRetries, config.WriteRetries = 0, 0
	if strings.HasPrefix(url, "daxs://") {
		config.DialContext = must(dax.SecureDialContext(url, false)) // trusts SSL_CERT_FILE
	}
	return must(dax.New(config))
}

func main() {
	url, region, table := os.Args[1], os.Args[2], aws.String(os.Args[3])
	client := connect(url, region)
	key := item{"pk": text("go"), "sk": number("-1.5")}
	whole := func() item {
		return item{
			"pk": text("go"), "sk": number("-1.5"), "s": text("árvíztűrő"), "n": number("42"), "f": number("0.25"),
			"big": number("12345678901234567890123456789012345678"),
			"b":   &types.AttributeValueMemberB{Value: []byte{0, 1, 255}},
			"ss":  &types.AttributeValueMemberSS{Value: []string{"a", "b"}},
			"t":   &types.AttributeValueMemberBOOL{Value: true},
			"x":   &types.AttributeValueMemberNULL{Value: true},
			"l":   &types.AttributeValueMemberL{Value: []types.AttributeValue{text("one"), number("2")}},
			"m":   &types.AttributeValueMemberM{Value: item{"deep": text("er")}},
		}
	}
	must(client.PutItem(ctx, &dynamodb.PutItemInput{TableName: table, Item: whole()}))
	for i := 0; i < 3; i++ {
		got := must(client.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key}))
		same("get item", plainItem(got.Item), plainItem(whole()))
	}
	projected := must(client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: table, Key: key, ProjectionExpression: aws.String("l[1], m.deep, absent")}))
	same("projection", projected.Item, item{
		"l": &types.AttributeValueMemberL{Value: []types.AttributeValue{number("2")}},
		"m": &types.AttributeValueMemberM{Value: item{"deep": text("er")}}})
	updated := must(client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: table, Key: key, UpdateExpression: aws.String("SET n = n + :one REMOVE l[0]"),
		ConditionExpression:       aws.String("s = :s AND attribute_exists(m.deep)"),
		ExpressionAttributeValues: item{":one": number("1"), ":s": text("árvíztűrő")},
		ReturnValues:              types.ReturnValueUpdatedNew}))
	same("update item", updated.Attributes["n"], number("43"))
	_, err := client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName: table, Key: key, ConditionExpression: aws.String("attribute_not_exists(pk)")})
	var failed *types.ConditionalCheckFailedException
	same("a condition that fails", errors.As(err, &failed), true)
	puts := []types.WriteRequest{}
	for i := 0; i < 25; i++ {
		puts = append(puts, types.WriteRequest{PutRequest: &types.PutRequest{
			Item: item{"pk": text("many"), "sk": number(fmt.Sprint(i)), "v": number(fmt.Sprint(i * i))}}})
	}
	left := must(client.BatchWriteItem(ctx, &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{*table: puts}}))
	same("batch write", len(left.UnprocessedItems), 0)
	batch := must(client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
		RequestItems: map[string]types.KeysAndAttributes{*table: {Keys: []item{
			{"pk": text("many"), "sk": number("3")}, {"pk": text("none"), "sk": number("3")}}}}}))
	same("batch get", batch.Responses[*table], []item{
		{"pk": text("many"), "sk": number("3"), "v": number("9")}})
	var sizes []int
	var start item
	for {
		page := must(client.Query(ctx, &dynamodb.QueryInput{
			TableName: table, KeyConditionExpression: aws.String("pk = :p AND sk >= :low"),
			ExpressionAttributeValues: item{":p": text("many"), ":low": number("5")},
			Limit:                     aws.Int32(8), ExclusiveStartKey: start}))
		sizes = append(sizes, len(page.Items))
		if start = page.LastEvaluatedKey; start == nil {
			break
		}
	}
	same("pages of a query", sizes, []int{8, 8, 4})
	scanned := must(client.Scan(ctx, &dynamodb.ScanInput{TableName: table, Select: types.SelectCount}))
	same("scan", scanned.Count, int32(26))
	told := must(client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName: table, Item: item{"pk": text("c"), "sk": number("1")},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityIndexes}))
	same("capacity", *told.ConsumedCapacity.Table.CapacityUnits, 1.0)
	must(client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: table, Item: item{"pk": text("t"), "sk": number("1"), "v": text("x")}}},
		{Delete: &types.Delete{TableName: table, Key: key}}}}))
	got := must(client.TransactGetItems(ctx, &dynamodb.TransactGetItemsInput{
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal, TransactItems: []types.TransactGetItem{
			{Get: &types.Get{TableName: table, Key: item{"pk": text("t"), "sk": number("1")}}},
			{Get: &types.Get{TableName: table, Key: key}}}}))
	same("transactions", got.Responses[0].Item["v"], text("x"))
	same("capacity of a transaction", *got.ConsumedCapacity[0].CapacityUnits, 4.0)
	same("what a transaction deleted", len(got.Responses[1].Item), 0)
	same("and is not cached", len(must(client.GetItem(ctx, &dynamodb.GetItemInput{TableName: table, Key: key})).Item), 0)
	_, err = client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
		{Put: &types.Put{TableName: table, Item: item{"pk": text("t"), "sk": number("1")},
			ConditionExpression:                 aws.String("attribute_not_exists(pk)"),
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld}},
		{Put: &types.Put{TableName: table, Item: item{"pk": text("u"), "sk": number("1")}}}}})
	var cancelled *types.TransactionCanceledException
	same("a cancelled transaction", errors.As(err, &cancelled), true)
	same("its reasons", []string{*cancelled.CancellationReasons[0].Code, *cancelled.CancellationReasons[1].Code},
		[]string{"ConditionalCheckFailed", "None"})
	same("the item of a reason", cancelled.CancellationReasons[0].Item["v"], text("x"))
}
