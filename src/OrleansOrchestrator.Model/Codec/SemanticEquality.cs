using System.Text.Json;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>
/// Whether two values have the same meaning: the order of map entries does not matter, and an empty list or map equals none.
/// </summary>
/// <remarks>See k8s.io/apimachinery/pkg/api/equality.</remarks>
public static class SemanticEquality
{
    /// <summary>Compares two values by their encoding.</summary>
    public static bool Equal<T>(T left, T right)
    {
        var (leftJson, rightJson) = (ObjectCodec.Encode(left), ObjectCodec.Encode(right));
        if (leftJson.AsSpan().SequenceEqual(rightJson))
            return true;
        using var leftDocument = JsonDocument.Parse(leftJson);
        using var rightDocument = JsonDocument.Parse(rightJson);
        return Equal(leftDocument.RootElement, rightDocument.RootElement);
    }

    /// <summary>Compares two documents.</summary>
    public static bool Equal(JsonElement left, JsonElement right)
    {
        if (left.ValueKind != right.ValueKind)
            return IsEmpty(left) && IsEmpty(right);
        return left.ValueKind switch
        {
            JsonValueKind.Undefined => true,
            JsonValueKind.Object => EqualObjects(left, right),
            JsonValueKind.Array => EqualArrays(left, right),
            _ => JsonElement.DeepEquals(left, right),
        };
    }

    /// <summary>Whether a value is null, or an empty list or map.</summary>
    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => true,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => value.GetPropertyCount() == 0,
        _ => false,
    };

    private static bool EqualObjects(JsonElement left, JsonElement right)
    {
        foreach (var property in left.EnumerateObject())
        {
            if (!Equal(property.Value, right.TryGetProperty(property.Name, out var other) ? other : default))
                return false;
        }

        foreach (var property in right.EnumerateObject())
        {
            if (!left.TryGetProperty(property.Name, out _) && !IsEmpty(property.Value))
                return false;
        }

        return true;
    }

    private static bool EqualArrays(JsonElement left, JsonElement right)
    {
        if (left.GetArrayLength() != right.GetArrayLength())
            return false;
        for (var i = 0; i < left.GetArrayLength(); i++)
        {
            if (!Equal(left[i], right[i]))
                return false;
        }

        return true;
    }
}
