// Runs stories (see dax_cases.py) with AWS's Go client for DAX and prints what it was told.
// Standard input: {endpoint, region, cases: [[operation, request], …]}, binaries as base64.
//
// Requests and answers are the SDK's structs; their fields have the names of the JSON, so both
// ways go by reflection.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-dax-go-v2/dax"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/smithy-go"
)

type story struct {
	Endpoint string
	Region   string
	Cases    [][2]any
}

var attributeValue = reflect.TypeFor[types.AttributeValue]()

var members = map[string]reflect.Type{
	"S":    reflect.TypeFor[types.AttributeValueMemberS](),
	"N":    reflect.TypeFor[types.AttributeValueMemberN](),
	"B":    reflect.TypeFor[types.AttributeValueMemberB](),
	"SS":   reflect.TypeFor[types.AttributeValueMemberSS](),
	"NS":   reflect.TypeFor[types.AttributeValueMemberNS](),
	"BS":   reflect.TypeFor[types.AttributeValueMemberBS](),
	"M":    reflect.TypeFor[types.AttributeValueMemberM](),
	"L":    reflect.TypeFor[types.AttributeValueMemberL](),
	"BOOL": reflect.TypeFor[types.AttributeValueMemberBOOL](),
	"NULL": reflect.TypeFor[types.AttributeValueMemberNULL](),
}

func decode(node any, to reflect.Value) {
	if to.Type() == attributeValue {
		for kind, value := range node.(map[string]any) {
			member := reflect.New(members[kind])
			decode(value, member.Elem().FieldByName("Value"))
			to.Set(member)
		}
		return
	}
	switch to.Kind() {
	case reflect.Pointer:
		to.Set(reflect.New(to.Type().Elem()))
		decode(node, to.Elem())
	case reflect.Struct:
		for name, value := range node.(map[string]any) {
			field := to.FieldByName(name)
			if !field.IsValid() {
				panic(fmt.Sprintf("%s has no %s", to.Type(), name))
			}
			decode(value, field)
		}
	case reflect.Map:
		to.Set(reflect.MakeMap(to.Type()))
		for name, value := range node.(map[string]any) {
			element := reflect.New(to.Type().Elem()).Elem()
			decode(value, element)
			to.SetMapIndex(reflect.ValueOf(name), element)
		}
	case reflect.Slice:
		if text, binary := node.(string); binary {
			raw, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				panic(err)
			}
			to.SetBytes(raw)
			return
		}
		nodes := node.([]any)
		to.Set(reflect.MakeSlice(to.Type(), len(nodes), len(nodes)))
		for i, value := range nodes {
			decode(value, to.Index(i))
		}
	case reflect.Int32, reflect.Int64:
		number, err := node.(json.Number).Int64()
		if err != nil {
			panic(err)
		}
		to.SetInt(number)
	case reflect.String:
		to.SetString(node.(string))
	case reflect.Bool:
		to.SetBool(node.(bool))
	default:
		panic(fmt.Sprintf("no JSON for %s", to.Type()))
	}
}

// encode gives nil for what is not there.
func encode(from reflect.Value) any {
	if from.Type() == attributeValue && !from.IsNil() {
		member := from.Elem().Elem()
		kind := strings.TrimPrefix(member.Type().Name(), "AttributeValueMember")
		return map[string]any{kind: encode(member.FieldByName("Value"))}
	}
	switch from.Kind() {
	case reflect.Pointer, reflect.Interface:
		if from.IsNil() {
			return nil
		}
		return encode(from.Elem())
	case reflect.Struct:
		found := map[string]any{}
		for i := range from.NumField() {
			field := from.Type().Field(i)
			if !field.IsExported() || field.Name == "ResultMetadata" {
				continue
			}
			if value := encode(from.Field(i)); value != nil {
				found[field.Name] = value
			}
		}
		return found
	case reflect.Map:
		if from.IsNil() {
			return nil
		}
		found := map[string]any{}
		for entries := from.MapRange(); entries.Next(); {
			found[entries.Key().String()] = encode(entries.Value())
		}
		return found
	case reflect.Slice:
		if from.Type().Elem().Kind() == reflect.Uint8 {
			return base64.StdEncoding.EncodeToString(from.Bytes())
		}
		if from.IsNil() {
			return nil
		}
		found := make([]any, from.Len())
		for i := range found {
			found[i] = encode(from.Index(i))
		}
		return found
	}
	return from.Interface()
}

// call finds the client's method and the type of its request by the operation's name.
func call(client *dax.Dax, operation string, request any) any {
	method := reflect.ValueOf(client).MethodByName(operation)
	input := reflect.New(method.Type().In(1).Elem())
	decode(request, input.Elem())
	out := method.Call([]reflect.Value{reflect.ValueOf(context.Background()), input})
	if err, failed := out[1].Interface().(error); failed {
		return refusal(err)
	}
	return encode(out[0])
}

func refusal(err error) any {
	told := map[string]any{}
	var answered smithy.APIError
	if errors.As(err, &answered) {
		// The client puts the code before the text that it was told.
		code := answered.ErrorCode()
		text := strings.TrimPrefix(answered.ErrorMessage(), "api error "+code+": ")
		told["error"] = map[string]any{"Code": code, "Message": text}
	} else {
		told["error"] = map[string]any{"Code": fmt.Sprintf("%T", err), "Message": err.Error()}
	}
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) {
		told["reasons"] = encode(reflect.ValueOf(cancelled.CancellationReasons))
	}
	return told
}

func newClient(told story) (*dax.Dax, error) {
	config := dax.DefaultConfig()
	config.HostPorts = []string{told.Endpoint}
	config.Region = told.Region
	config.RequestTimeout = 20 * time.Second
	config.WriteRetries, config.ReadRetries = 0, 0
	config.Credentials = aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{
			AccessKeyID:     os.Getenv("AWS_ACCESS_KEY_ID"),
			SecretAccessKey: os.Getenv("AWS_SECRET_ACCESS_KEY"),
		}, nil
	})
	if strings.HasPrefix(told.Endpoint, "daxs:") {
		dial, err := dax.SecureDialContext(told.Endpoint, false)
		if err != nil {
			return nil, err
		}
		config.DialContext = dial
	}
	return dax.New(config)
}

func main() {
	var told story
	reader := json.NewDecoder(os.Stdin)
	reader.UseNumber()
	if err := reader.Decode(&told); err != nil {
		panic(err)
	}
	client, err := newClient(told)
	if err != nil {
		panic(err)
	}
	answers := make([]any, 0, len(told.Cases))
	for _, each := range told.Cases {
		answers = append(answers, call(client, each[0].(string), each[1]))
	}
	if err := json.NewEncoder(os.Stdout).Encode(answers); err != nil {
		panic(err)
	}
}
