using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>Explains, in Kubernetes' words, why JSON cannot be decoded as an object.</summary>
public static partial class DecodeFaults
{
    /// <summary>Whether JSON is malformed, whatever its target type.</summary>
    /// <param name="json">The JSON.</param>
    /// <param name="fault">The fault.</param>
    public static bool IsMalformed(ReadOnlySpan<byte> json, out string fault)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
            while (reader.Read())
            {
            }

            fault = "";
            return false;
        }
        catch (JsonException malformed)
        {
            var reader = new Utf8JsonReader(json, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax }));
            fault = "couldn't get version/kind; json parse error: "
                + (EndsTooEarly(ref reader) ? "unexpected end of JSON input" : FirstSentence(malformed));
            return true;
        }
    }

    /// <summary>The client's error for a failed <see cref="ObjectCodec.Decode{T}"/>.</summary>
    /// <param name="failure">The exception of the decoder.</param>
    /// <param name="json">The JSON.</param>
    /// <param name="type">The target type.</param>
    public static string Explain(Exception failure, ReadOnlySpan<byte> json, Type type)
    {
        if (IsMalformed(json, out var syntax))
            return syntax;
        if (failure.InnerException is QuantityException or ValueFormatException)
            return failure.InnerException.Message;
        if (Find(failure, json, type) is not { } found)
            return FirstSentence(failure);
        var (value, place) = found;
        if (place.Type == typeof(byte[]) && value.ValueKind == JsonValueKind.String)
            return string.Create(CultureInfo.InvariantCulture, $"illegal base64 data at input byte {FirstBadByte(value.GetString()!)}");
        // Times have an error text of their own.
        if (place.Type == typeof(DateTime))
            return $"json: cannot unmarshal {KindOf(value, place.Type)} into Go value of type string";
        var target = place.Field.Length == 0 ? "Go value" : $"Go struct field {WithoutVersion(place.Owner.Name)}.{place.Field}";
        return $"json: cannot unmarshal {KindOf(value, place.Type)} into {target} of type {NameOf(place.Type)}";
    }

    /// <summary>The client's error when the result of a strategic merge patch cannot be decoded. The text differs, because Kubernetes
    /// decodes nodes then and no JSON.</summary>
    /// <inheritdoc cref="Explain"/>
    public static string ExplainMerged(Exception failure, ReadOnlySpan<byte> json, Type type)
    {
        if (Find(failure, json, type) is not { } found || found.Place.Type == typeof(DateTime) || failure.InnerException is QuantityException or ValueFormatException)
            return Explain(failure, json, type);
        var (value, target) = (found.Value, found.Place.Type);
        var kind = value.ValueKind switch
        {
            JsonValueKind.Object => "map",
            JsonValueKind.Array => "slice",
            JsonValueKind.String => "string",
            JsonValueKind.Number => value.TryGetInt64(out _) ? "int64" : "float64",
            _ => "bool",
        };
        if (target == typeof(byte[]) && kind == "string")
            return Explain(failure, json, type);
        return ObjectCodec.Options.GetTypeInfo(target).Kind switch
        {
            JsonTypeInfoKind.Enumerable => $"cannot restore slice from {kind}",
            JsonTypeInfoKind.Dictionary => $"cannot restore map from {kind}",
            JsonTypeInfoKind.Object => $"cannot restore struct from: {kind}",
            _ when (kind, NameOf(target)) is ("int64", "string") or ("float64", "int32" or "int64") => $"cannot convert {kind} to {NameOf(target)}",
            _ => $"unrecognized type: {NameOf(target)}",
        };
    }

    /// <summary>The undecodable value, and its place in the model.</summary>
    private static (JsonElement Value, Place Place)? Find(Exception failure, ReadOnlySpan<byte> json, Type type)
    {
        if (failure is not JsonException { Path: { Length: > 0 } path })
            return null;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
        var value = JsonElement.ParseValue(ref reader);
        var place = new Place(type, "", type);
        foreach (Match step in Steps().Matches(path))
        {
            var name = step.Groups["name"].Success ? step.Groups["name"].Value : step.Groups["quoted"].Value;
            var contract = ObjectCodec.Options.GetTypeInfo(place.Type);
            if (step.Groups["index"] is { Success: true } index)
            {
                var position = int.Parse(index.ValueSpan, CultureInfo.InvariantCulture);
                if (value.ValueKind != JsonValueKind.Array || position >= value.GetArrayLength() || contract.ElementType is not { } element)
                    break;
                (value, place) = (value[position], place with { Type = element });
            }
            else if (value.ValueKind != JsonValueKind.Object || !value.TryGetProperty(name, out var member))
            {
                break;
            }
            else if (contract.Kind == JsonTypeInfoKind.Dictionary)
            {
                (value, place) = (member, place with { Type = contract.ElementType! });
            }
            else if (contract.Properties.FirstOrDefault(property => property.Name == name) is { } known)
            {
                (value, place) = (member, new Place(place.Type, place.Field.Length == 0 ? name : $"{place.Field}.{name}", known.PropertyType));
            }
            else
            {
                return null;
            }
        }

        return (value, place with { Type = Nullable.GetUnderlyingType(place.Type) ?? place.Type });
    }

    /// <summary>Whether the JSON is a valid beginning.</summary>
    private static bool EndsTooEarly(ref Utf8JsonReader reader)
    {
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static string KindOf(JsonElement value, Type target) => value.ValueKind switch
    {
        JsonValueKind.Number when target == typeof(int) || target == typeof(long) || target == typeof(double) => $"number {value.GetRawText()}",
        JsonValueKind.Number => "number",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        _ => "null",
    };

    private static string NameOf(Type type)
    {
        if (type == typeof(string))
            return "string";
        if (type == typeof(int))
            return "int32";
        if (type == typeof(long))
            return "int64";
        if (type == typeof(bool))
            return "bool";
        if (type == typeof(double))
            return "float64";
        if (type == typeof(byte[]))
            return "[]uint8";
        var contract = ObjectCodec.Options.GetTypeInfo(type);
        return contract.Kind switch
        {
            JsonTypeInfoKind.Enumerable => $"[]{NameOf(contract.ElementType!)}",
            JsonTypeInfoKind.Dictionary => $"map[string]{NameOf(contract.ElementType!)}",
            _ when VersionPrefix().Match(type.Name) is { Length: > 0 } version => $"{version.Value.ToLowerInvariant()}.{type.Name[version.Length..]}",
            _ => type.Name,
        };
    }

    /// <summary>The API's name of a model: <c>V1PodSpec</c> is a <c>PodSpec</c>.</summary>
    private static string WithoutVersion(string model) => VersionPrefix().Replace(model, "");

    private static int FirstBadByte(string base64)
    {
        var bad = 0;
        while (bad < base64.Length && (char.IsAsciiLetterOrDigit(base64[bad]) || base64[bad] is '+' or '/' or '\r' or '\n'))
            bad++;
        return bad < base64.Length ? bad : base64.Length - (base64.Length % 4);
    }

    private static string FirstSentence(Exception failure)
    {
        var end = failure.Message.IndexOf(" Path: ", StringComparison.Ordinal) is >= 0 and var path ? path
            : failure.Message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        return end < 0 ? failure.Message : failure.Message[..end];
    }

    /// <summary>A place in a model.</summary>
    /// <param name="Owner">The innermost structure that contains it.</param>
    /// <param name="Field">The path of its fields, without indexes and keys.</param>
    /// <param name="Type">The type at the place.</param>
    private readonly record struct Place(Type Owner, string Field, Type Type);

    [GeneratedRegex(@"\.(?<name>[^.\[]+)|\[(?<index>\d+)\]|\['(?<quoted>(?:[^'\\]|\\.)*)'\]")]
    private static partial Regex Steps();

    [GeneratedRegex(@"^V\d+((alpha|beta)\d+)?")]
    private static partial Regex VersionPrefix();
}
