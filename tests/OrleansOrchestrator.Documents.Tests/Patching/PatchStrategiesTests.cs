using System.Reflection;
using System.Text.Json.Serialization;
using OrleansOrchestrator.Documents.Patching;

namespace OrleansOrchestrator.Documents.Tests.Patching;

public sealed class PatchStrategiesTests
{
    [Fact]
    public void Entries_EachField_ExistsAndHasItsMergeKey()
    {
        foreach (var (type, field, strategy) in PatchStrategies.Entries())
        {
            var fieldType = TypeOf(type, field).ShouldNotBeNull($"{type.Name}.{field} does not exist");
            if (!strategy.MergesList)
                continue;
            var elementType = fieldType.GetGenericArguments().ShouldHaveSingleItem($"{type.Name}.{field} is no list");
            if (strategy.MergeKey is { } key)
                TypeOf(elementType, key).ShouldNotBeNull($"{elementType.Name} has no {key}");
        }
    }

    private static Type? TypeOf(Type type, string field) => type.GetProperties()
        .SingleOrDefault(property => property.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name == field)?.PropertyType;
}
