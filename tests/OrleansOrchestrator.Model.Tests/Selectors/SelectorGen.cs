using CsCheck;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Model.Tests.Selectors;

/// <summary>Labels and selectors over a few keys and values, so that they meet often.</summary>
internal static class SelectorGen
{
    private static readonly Gen<string> Key = Gen.OneOf("app", "tier", "rev");
    private static readonly Gen<string> Value = Gen.OneOf("", "1", "2", "3", "web");

    public static Gen<Dictionary<string, string>> Labels { get; } = Gen.Dictionary(Key, Value)[0, 3];

    private static Gen<string> Requirement { get; } = Gen.OneOf(
        Gen.Select(Key, Value, (key, value) => $"{key}={value}"),
        Gen.Select(Key, Value, (key, value) => $"{key}!={value}"),
        Gen.Select(Key, Value.Array[1, 3], (key, values) => $"{key} in ({SetText(values)})"),
        Gen.Select(Key, Value.Array[1, 3], (key, values) => $"{key} notin ({SetText(values)})"),
        Key,
        Key.Select(key => "!" + key),
        Gen.Select(Key, Gen.Int[0, 3], (key, bound) => $"{key}>{bound}"),
        Gen.Select(Key, Gen.Int[0, 3], (key, bound) => $"{key}<{bound}"));

    public static Gen<LabelSelector> Selector { get; } = Gen.Frequency(
        (20, Requirement.Array[0, 4].Select(requirements => LabelSelector.Parse(string.Join(',', requirements)))),
        (1, Gen.Const(LabelSelector.Nothing)));

    private static string SetText(string[] values) => values.All(value => value.Length == 0) ? "," : string.Join(',', values);
}
