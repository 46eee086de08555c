using System.Globalization;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Documents.Patching;

/// <summary>A location in a JSON document (RFC 6901).</summary>
internal sealed class JsonPointer
{
    private readonly string _text;
    private readonly string[] _tokens;

    private JsonPointer(string text, string[] tokens)
    {
        _text = text;
        _tokens = tokens;
    }

    public bool IsRoot => _tokens.Length == 0;

    /// <summary>The number of levels below the root.</summary>
    public int Depth => _tokens.Length;

    /// <summary>The last name or index.</summary>
    public string Last => _tokens[^1];

    public static JsonPointer Parse(string text)
    {
        if (text.Length == 0)
            return new(text, []);
        if (text[0] != '/')
            throw PatchException.Malformed($"invalid JSON pointer \"{text}\": must be empty or begin with '/'");
        var tokens = text[1..].Split('/');
        if (tokens.Length > ObjectCodec.DepthMax)
            throw PatchException.TooLarge($"the allowed maximum depth of a JSON pointer is {ObjectCodec.DepthMax}, got {tokens.Length}");
        return new(text, Array.ConvertAll(tokens, token => Unescape(text, token)));
    }

    /// <summary>Whether the location is below this one.</summary>
    public bool Contains(JsonPointer other) => Depth < other.Depth && other._tokens.AsSpan(0, Depth).SequenceEqual(_tokens);

    /// <summary>Finds the object or array that contains the location; null if there is none.</summary>
    public JsonNode? FindParent(JsonNode? root)
    {
        var node = root;
        foreach (var token in _tokens.AsSpan(0, _tokens.Length - 1))
        {
            if (!TryStep(node, token, out node))
                return null;
        }

        return node is JsonObject or JsonArray ? node : null;
    }

    /// <summary>Finds the value at the location.</summary>
    public bool TryFind(JsonNode? root, out JsonNode? value)
    {
        value = root;
        return IsRoot || (FindParent(root) is { } parent && TryStep(parent, Last, out value));
    }

    /// <summary>Parses an array index: digits without a leading zero, up to <paramref name="max"/>.</summary>
    public static bool TryIndex(string token, int max, out int index) =>
        int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out index)
        && index <= max
        && (token[0] != '0' || token.Length == 1);

    public override string ToString() => _text;

    private static bool TryStep(JsonNode? parent, string token, out JsonNode? value)
    {
        value = null;
        switch (parent)
        {
            case JsonObject members:
                return members.TryGetPropertyValue(token, out value);
            case JsonArray elements when TryIndex(token, elements.Count - 1, out var index):
                value = elements[index];
                return true;
            default:
                return false;
        }
    }

    private static string Unescape(string text, string token)
    {
        for (var tilde = token.IndexOf('~'); tilde >= 0; tilde = token.IndexOf('~', tilde + 1))
        {
            if (tilde + 1 == token.Length || token[tilde + 1] is not ('0' or '1'))
                throw PatchException.Malformed($"invalid JSON pointer \"{text}\": '~' must be followed by 0 or 1");
        }

        // In this order, so that ~01 becomes ~1 and not a slash.
        return token.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal);
    }
}
