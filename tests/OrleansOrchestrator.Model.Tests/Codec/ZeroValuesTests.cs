using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using k8s.Models;
using OrleansOrchestrator.Kinds;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Tests.Codec;

/// <summary>Null is the zero value of what it stands for, in every model that is served.</summary>
public sealed class ZeroValuesTests
{
    public static TheoryData<string> Models => new(BuiltInKinds.Registry.Versions.Select(version => version.ModelType.Name).Distinct());

    [Theory]
    [MemberData(nameof(Models))]
    public void NullElement_OfEveryListAndMap_IsReadAsTheZeroValue(string model)
    {
        foreach (var contract in ContractsOf(model).Where(contract => contract.Kind is JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary && contract.ElementType != typeof(object)))
        {
            var json = contract.Kind == JsonTypeInfoKind.Enumerable ? "[null]" : """{"a":null}""";
            var element = ObjectCodec.Options.GetTypeInfo(contract.ElementType!);
            var zero = contract.Kind == JsonTypeInfoKind.Enumerable ? $"[{ZeroOf(element)}]" : $$"""{"a":{{ZeroOf(element)}}}""";

            Rewritten(json, contract).ShouldBe(Rewritten(zero, contract), contract.Type.ToString());
            Rewritten(json, contract).ShouldNotContain("null", customMessage: contract.Type.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void NullField_OfEveryObject_IsReadAsTheZeroValue(string model)
    {
        foreach (var contract in ContractsOf(model).Where(contract => contract.Kind == JsonTypeInfoKind.Object && contract.Type != typeof(object)))
        {
            var nulls = "{" + string.Join(',', contract.Properties.Select(property => $"\"{property.Name}\":null")) + "}";

            Rewritten(nulls, contract).ShouldBe(Rewritten("{}", contract), contract.Type.ToString());
        }
    }

    [Fact]
    public void Pod_WithNullsEverywhere_HasNoneOfThem()
    {
        var pod = ObjectCodec.Decode<V1Pod>("""
            {"metadata":{"labels":{"l":null},"finalizers":[null]},"spec":{"nodeSelector":{"n":null},"tolerations":[null],
             "containers":[null,{"command":["a",null],"resources":{"limits":{"cpu":null}},"ports":[{"containerPort":null}],"env":[null]}],
             "securityContext":{"supplementalGroups":[null]}}}
            """u8);

        Encoding.UTF8.GetString(ObjectCodec.Encode(pod)).ShouldBe(
            """
            {"metadata":{"finalizers":[""],"labels":{"l":""}},"spec":{"containers":[{},{"command":["a",""],"env":[{}],"ports":[{"containerPort":0}],
            "resources":{"limits":{"cpu":"0"}}}],"nodeSelector":{"n":""},"securityContext":{"supplementalGroups":[0]},"tolerations":[{}]}}
            """.ReplaceLineEndings(""));
    }

    [Fact]
    public void Schema_WithNullAmongItsValues_KeepsIt()
    {
        // Any JSON may stand there, and null is one.
        var schema = ObjectCodec.Decode<V1JSONSchemaProps>("""{"enum":[null,"a"]}"""u8);

        Encoding.UTF8.GetString(ObjectCodec.Encode(schema)).ShouldBe("""{"enum":[null,"a"]}""");
    }

    private static string Rewritten(string json, JsonTypeInfo contract) =>
        JsonSerializer.Serialize(JsonSerializer.Deserialize(json, contract), contract);

    private static string ZeroOf(JsonTypeInfo contract) => contract switch
    {
        { Type: var type } when type == typeof(string) || type == typeof(byte[]) => "\"\"",
        { Type: var type } when type == typeof(ResourceQuantity) => "\"0\"",
        { Type: var type } when type == typeof(DateTime?) => "\"0001-01-01T00:00:00Z\"",
        { Type: var type } when type == typeof(bool?) => "false",
        { Kind: JsonTypeInfoKind.Enumerable } => "[]",
        { Kind: JsonTypeInfoKind.None } => "0",
        _ => "{}",
    };

    private static IEnumerable<JsonTypeInfo> ContractsOf(string model)
    {
        var seen = new HashSet<Type>();
        var open = new Stack<Type>([BuiltInKinds.Registry.Versions.First(version => version.ModelType.Name == model).ModelType]);
        while (open.TryPop(out var type))
        {
            if (!seen.Add(type))
                continue;
            var contract = ObjectCodec.Options.GetTypeInfo(type);
            yield return contract;
            if (contract.ElementType is { } element)
                open.Push(element);
            foreach (var property in contract.Properties)
                open.Push(property.PropertyType);
        }
    }
}
