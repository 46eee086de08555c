using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansOrchestrator.Model.Quantities;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>Says in the words that Kubernetes' users know why JSON cannot be read as an object.</summary>
public static partial class DecodeFaults
{
    /// <summary>What a client is told of a failed <see cref="ObjectCodec.Decode{T}"/>.</summary>
    /// <param name="failure">What decoding threw.</param>
    /// <param name="json">What was to be decoded.</param>
    /// <param name="kind">The kind that was expected, as in <c>Pod</c>.</param>
    public static string Explain(Exception failure, ReadOnlySpan<byte> json, string kind)
    {
        if (!TryParse(json, out var document, out var syntax))
            return syntax;
        using (document)
        {
            if (failure is JsonException { Path: { Length: > 2 } path } && Find(document!.RootElement, path) is { } found)
                return ExplainValue(failure, found, $"{kind}.{path[2..]}");
            return FirstSentence(failure);
        }
    }

    private static string ExplainValue(Exception failure, JsonElement value, string field)
    {
        if (failure.InnerException is QuantityException or ValueFormatException)
            return failure.InnerException.Message;
        var target = TargetType().Match(failure.Message) is { Success: true } match ? NameOf(match.Groups[1].Value) : null;
        if (target is "[]byte" && value.ValueKind == JsonValueKind.String)
            return $"illegal base64 data in field {field}";
        return target is null
            ? $"json: field {field}: {FirstSentence(failure)}"
            : $"json: cannot unmarshal {KindOf(value)} into field {field} of type {target}";
    }

    /// <summary>Reads the JSON without regard to any type: what fails here is its syntax.</summary>
    private static bool TryParse(ReadOnlySpan<byte> json, out JsonDocument? document, out string fault)
    {
        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
            document = JsonDocument.ParseValue(ref reader);
            fault = "";
            return true;
        }
        catch (JsonException malformed)
        {
            document = null;
            var reader = new Utf8JsonReader(json, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax }));
            fault = "couldn't get version/kind; json parse error: "
                + (EndsTooEarly(ref reader) ? "unexpected end of JSON input" : FirstSentence(malformed));
            return false;
        }
    }

    /// <summary>Whether what there is would be fine if only more came.</summary>
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

    /// <summary>The value at a path as <see cref="JsonException.Path"/> writes it: <c>$.spec.containers[0].name</c>, <c>$['a.b']</c>.</summary>
    private static JsonElement? Find(JsonElement root, string path)
    {
        JsonElement? found = root;
        foreach (Match step in Steps().Matches(path))
        {
            if (step.Groups["index"] is { Success: true } index && found is { ValueKind: JsonValueKind.Array } array)
                found = int.Parse(index.ValueSpan, System.Globalization.CultureInfo.InvariantCulture) is var i && i < array.GetArrayLength() ? array[i] : null;
            else if (found is { ValueKind: JsonValueKind.Object } obj)
                found = obj.TryGetProperty(step.Groups["name"].Success ? step.Groups["name"].ValueSpan : step.Groups["quoted"].ValueSpan, out var child) ? child : null;
            else
                return null;
        }

        return found;
    }

    private static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Number => "number",
        JsonValueKind.String => "string",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Array => "array",
        JsonValueKind.Object => "object",
        _ => "null",
    };

    private static string NameOf(string type) => type switch
    {
        "System.String" => "string",
        _ when type.Contains("System.Byte[]", StringComparison.Ordinal) => "[]byte",
        _ when type.Contains("IDictionary`2", StringComparison.Ordinal) => "map",
        _ when type.Contains("List`1", StringComparison.Ordinal) => "array",
        _ when type.Contains("System.Int32", StringComparison.Ordinal) => "int32",
        _ when type.Contains("System.Int64", StringComparison.Ordinal) => "int64",
        _ when type.Contains("System.Boolean", StringComparison.Ordinal) => "bool",
        _ when type.Contains("DateTime", StringComparison.Ordinal) => "Time",
        _ when type.LastIndexOf('.') is > 0 and var dot => WithoutVersion(type[(dot + 1)..]),
        _ => type,
    };

    /// <summary>The API's name of a model: <c>V1PodSpec</c> is a <c>PodSpec</c>.</summary>
    private static string WithoutVersion(string model) => VersionPrefix().Replace(model, "");

    private static string FirstSentence(Exception failure)
    {
        var end = failure.Message.IndexOf(" Path: ", StringComparison.Ordinal) is >= 0 and var path ? path
            : failure.Message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        return end < 0 ? failure.Message : failure.Message[..end];
    }

    [GeneratedRegex(@"could not be converted to (\S+?)\.(?:\s|$)")]
    private static partial Regex TargetType();

    [GeneratedRegex(@"\.(?<name>[^.\[]+)|\[(?<index>\d+)\]|\['(?<quoted>(?:[^'\\]|\\.)*)'\]")]
    private static partial Regex Steps();

    [GeneratedRegex(@"^V\d+((alpha|beta)\d+)?")]
    private static partial Regex VersionPrefix();
}
