using System.Text.Json.Nodes;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>Changes a JSON tree at any place.</summary>
internal static class JsonMutation
{
    // Numbers that make controllers create objects are kept small: the API is under test, not the number of pods.
    private static readonly string[] Multipliers = ["replicas", "parallelism", "completions", "maxReplicas", "minReplicas"];
    private const int MultiplierMax = 2;

    /// <summary>Changes a tree in place, once or a few times.</summary>
    /// <param name="root">The tree.</param>
    /// <param name="type">The type of its model; null if there is none.</param>
    /// <param name="words">Meaningful words of the API.</param>
    /// <param name="random">The source of random numbers.</param>
    public static void Mutate(JsonObject root, Type? type, IReadOnlyList<string> words, Random random)
    {
        for (var i = random.Next(1, 4); i > 0; i--)
            MutateBelow(root, type, words, random);
        Bound(root);
    }

    /// <summary>Limits numbers that make controllers create objects.</summary>
    public static void Bound(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var (name, value) in members.ToList())
                {
                    if (Multipliers.Contains(name) && value is JsonValue number && number.GetValueKind() == System.Text.Json.JsonValueKind.Number
                        && double.Parse(number.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture) > MultiplierMax)
                    {
                        members[name] = MultiplierMax;
                    }
                    else
                    {
                        Bound(value);
                    }
                }

                break;
            case JsonArray elements:
                foreach (var element in elements)
                    Bound(element);
                break;
        }
    }

    /// <summary>The places in a tree, as JSON pointers.</summary>
    public static IEnumerable<string> PointersOf(JsonNode? node, string at = "")
    {
        yield return at;
        var below = node switch
        {
            JsonObject members => members.SelectMany(member => PointersOf(member.Value, $"{at}/{member.Key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}")),
            JsonArray elements => elements.SelectMany((element, i) => PointersOf(element, $"{at}/{i}")),
            _ => [],
        };
        foreach (var pointer in below)
            yield return pointer;
    }

    private static void MutateBelow(JsonNode node, Type? type, IReadOnlyList<string> words, Random random)
    {
        // There are more places at deeper levels, so the choice descends level by level with equal chances.
        while (true)
        {
            var (child, childType) = ChildOf(node, type, random);
            if (child is not (JsonObject or JsonArray) || random.Next(5) == 0)
                break;
            (node, type) = (child, childType);
        }

        switch (node)
        {
            case JsonObject members:
                MutateMember(members, type, words, random);
                break;
            case JsonArray elements:
                MutateElement(elements, type is null ? null : ModelValues.ElementOf(type), words, random);
                break;
        }
    }

    private static (JsonNode? Child, Type? Type) ChildOf(JsonNode node, Type? type, Random random)
    {
        switch (node)
        {
            case JsonObject { Count: > 0 } members:
                var (name, value) = members.ElementAt(random.Next(members.Count));
                return (value, ModelValues.StepInto(type, name));
            case JsonArray { Count: > 0 } elements:
                return (elements[random.Next(elements.Count)], type is null ? null : ModelValues.ElementOf(type));
            default:
                return default;
        }
    }

    private static void MutateMember(JsonObject members, Type? type, IReadOnlyList<string> words, Random random)
    {
        var present = members.Count == 0 ? "x" : members.ElementAt(random.Next(members.Count)).Key;
        var fields = type is null ? [] : ModelValues.FieldsOf(type);
        switch (random.Next(10))
        {
            case 0:
                members.Remove(present);
                break;
            case 1:
                members[OddValues.Twice(present)] = OddValues.Any(random);
                break;
            case 2:
                members[OddValues.Text(random)] = OddValues.Any(random);
                break;
            case 3 or 4 or 5 or 6 when fields.Length > 0:
                var (name, fieldType) = fields[random.Next(fields.Length)];
                members[name] = ModelValues.Of(fieldType, words, random, depth: 4);
                break;
            case 7 when ModelValues.StepInto(type, present) is { } presentType:
                members[present] = ModelValues.Of(presentType, words, random, depth: 4);
                break;
            default:
                members[present] = OddValues.Any(random);
                break;
        }
    }

    private static void MutateElement(JsonArray elements, Type? type, IReadOnlyList<string> words, Random random)
    {
        var value = type is null || random.Next(3) == 0 ? OddValues.Any(random) : ModelValues.Of(type, words, random, depth: 4);
        switch (elements.Count == 0 ? 0 : random.Next(4))
        {
            case 0:
                elements.Insert(random.Next(elements.Count + 1), value);
                break;
            case 1:
                elements.RemoveAt(random.Next(elements.Count));
                break;
            case 2:
                elements.Add(elements[random.Next(elements.Count)]?.DeepClone());
                break;
            default:
                elements[random.Next(elements.Count)] = value;
                break;
        }
    }
}
