using System.Text.Json;
using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Codec;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace OrleansOrchestrator.Documents.Yaml;

/// <summary>Builds JSON from the events of a YAML parser.</summary>
internal sealed class YamlReader
{
    private const string CoreTag = "tag:yaml.org,2002:";

    /// <summary>The most that aliases may repeat, in characters, against decompression bombs. It is about 400,000 nodes, as with
    /// Kubernetes' parser.</summary>
    private const long RepeatedSizeMax = 3 << 20;

    /// <summary>The charge of a node in characters, because each takes memory however short it is.</summary>
    private const long NodeSize = 7;

    private readonly IParser _parser;
    private readonly Dictionary<AnchorName, (JsonNode? Node, long Size)> _anchors = [];
    private readonly HashSet<AnchorName> _open = [];
    private long _size;
    private long _repeatedSize;

    public YamlReader(string yaml)
    {
        _parser = new Parser(new StringReader(yaml));
        Advance();
        Take<StreamStart>();
    }

    /// <summary>The duplicate keys so far, including those that a merge overrides.</summary>
    public List<DuplicateField> Duplicates { get; } = [];

    /// <summary>Reads the next document.</summary>
    /// <returns>False at the end of the text.</returns>
    public bool TryReadDocument(out JsonNode? document)
    {
        document = null;
        if (_parser.Current is StreamEnd)
            return false;
        _anchors.Clear();
        Take<DocumentStart>();
        document = Node(0);
        Take<DocumentEnd>();
        return true;
    }

    private JsonNode? Node(int depth)
    {
        var line = Line;
        if (depth > ObjectCodec.DepthMax)
            throw YamlConversionException.At(line, $"exceeded max depth of {ObjectCodec.DepthMax}");
        if (_parser.Current is AnchorAlias alias)
        {
            Advance();
            return Repeat(alias.Value, line);
        }

        var anchor = (_parser.Current as NodeEvent)?.Anchor ?? AnchorName.Empty;
        var sizeBefore = _size;
        _size += NodeSize;
        if (!anchor.IsEmpty)
            _open.Add(anchor);
        var node = _parser.Current switch
        {
            MappingStart => Mapping(depth),
            SequenceStart => Sequence(depth),
            Scalar => Value(Take<Scalar>()),
            var unexpected => throw YamlConversionException.At(line, $"unexpected {unexpected?.GetType().Name}"),
        };
        if (!anchor.IsEmpty)
        {
            _open.Remove(anchor);
            _anchors[anchor] = (node, _size - sizeBefore);
        }

        return node;
    }

    private JsonObject Mapping(int depth)
    {
        Advance();
        var members = new JsonObject();
        while (_parser.Current is not MappingEnd)
        {
            var line = Line;
            if (_parser.Current is Scalar { Style: ScalarStyle.Plain, Value: "<<" })
            {
                Advance();
                // Of several merged mappings the first one counts.
                foreach (var (name, value) in MergeSources(Node(depth + 1), line).Reverse().SelectMany(source => source))
                    Set(members, name, value?.DeepClone(), line);
                continue;
            }

            var key = Key(depth + 1, line);
            line = Line;
            Set(members, key, Node(depth + 1), line);
        }

        Advance();
        return members;
    }

    /// <summary>Sets a member. As with Kubernetes' parser the last one counts, whether written or merged.</summary>
    private void Set(JsonObject members, string key, JsonNode? value, long line)
    {
        if (members.TryAdd(key, value))
            return;
        members[key] = value;
        if (Duplicates.Count < StrictFields.FaultsMax)
            Duplicates.Add(new DuplicateField(key, key, (int)line));
    }

    private JsonArray Sequence(int depth)
    {
        Advance();
        var elements = new JsonArray();
        while (_parser.Current is not SequenceEnd)
            elements.Add(Node(depth + 1));
        Advance();
        return elements;
    }

    private JsonNode? Repeat(AnchorName anchor, long line)
    {
        if (_open.Contains(anchor))
            throw YamlConversionException.At(line, $"anchor '{anchor.Value}' value contains itself");
        if (!_anchors.TryGetValue(anchor, out var anchored))
            throw YamlConversionException.At(line, $"unknown anchor '{anchor.Value}' referenced");
        _size += anchored.Size;
        _repeatedSize += anchored.Size;
        if (_repeatedSize > RepeatedSizeMax)
            throw new YamlConversionException("yaml: document contains excessive aliasing");
        return anchored.Node?.DeepClone();
    }

    private string Key(int depth, long line) => Node(depth) switch
    {
        JsonValue key when key.GetValueKind() is JsonValueKind.String => key.GetValue<string>(),
        JsonValue key => key.ToJsonString(),
        null => throw YamlConversionException.At(line, "unsupported map key: null"),
        var complex => throw YamlConversionException.At(line, $"invalid map key: {complex.ToJsonString()}"),
    };

    private JsonNode? Value(Scalar scalar)
    {
        _size += scalar.Value.Length;
        var tag = scalar.Tag.IsEmpty ? "" : scalar.Tag.Value;
        var isCoreType = tag is CoreTag + "null" or CoreTag + "bool" or CoreTag + "int" or CoreTag + "float";
        if (!isCoreType && (tag.Length > 0 || scalar.Style != ScalarStyle.Plain))
            return JsonValue.Create(scalar.Value);

        // The parser accepts the colon after such a word. Plain text cannot contain a colon before a space, so that this case can be
        // detected.
        if (scalar.Style == ScalarStyle.Plain && YamlScalar.HasColonAtAWordsEnd(scalar.Value))
            throw YamlConversionException.At(scalar.Start.Line, "cannot read ':' after an unquoted word that begins with '*'");
        if (YamlScalar.IsNotFinite(scalar.Value))
            throw YamlConversionException.At(scalar.Start.Line, $"json: unsupported value: {scalar.Value}");
        var isResolved = YamlScalar.TryResolve(scalar.Value, out var value);
        if (isCoreType && !(isResolved && Fits(tag, value)))
            throw YamlConversionException.At(scalar.Start.Line, $"cannot decode !!str `{scalar.Value}` as a !!{tag[CoreTag.Length..]}");
        return isResolved ? value : JsonValue.Create(scalar.Value);
    }

    private static bool Fits(string tag, JsonNode? value) => value?.GetValueKind() switch
    {
        null => tag.EndsWith("null", StringComparison.Ordinal),
        JsonValueKind.Number => tag.EndsWith("float", StringComparison.Ordinal)
            || (tag.EndsWith("int", StringComparison.Ordinal) && !value.ToJsonString().AsSpan().ContainsAny(".eE")),
        _ => tag.EndsWith("bool", StringComparison.Ordinal),
    };

    private static IEnumerable<JsonObject> MergeSources(JsonNode? node, long line) => node switch
    {
        JsonObject source => [source],
        JsonArray sources when sources.All(source => source is JsonObject) => sources.Cast<JsonObject>(),
        _ => throw YamlConversionException.At(line, "map merge requires map or sequence of maps as the value"),
    };

    private long Line => _parser.Current?.Start.Line ?? 0;

    private T Take<T>()
        where T : ParsingEvent
    {
        var taken = _parser.Current as T ?? throw YamlConversionException.At(Line, $"unexpected {_parser.Current?.GetType().Name ?? "end"}");
        if (taken is not StreamEnd)
            Advance();
        return taken;
    }

    private void Advance()
    {
        var line = Line;
        try
        {
            _parser.MoveNext();
        }
        catch (YamlException fault)
        {
            throw YamlConversionException.At(fault.Start.Line, Problem(fault.Message));
        }
        catch (Exception fault) when (fault is InvalidOperationException or ArgumentException or IndexOutOfRangeException or NullReferenceException)
        {
            // Exceptions of the parser other than its own also mean malformed text.
            throw YamlConversionException.At(line, Problem(fault.Message));
        }
    }

    // The parser's text is "While parsing a block mapping, did not find …."; clients show only the part after the comma.
    private static string Problem(string message)
    {
        var comma = message.StartsWith("While ", StringComparison.Ordinal) ? message.IndexOf(", ", StringComparison.Ordinal) : -1;
        return message[(comma < 0 ? 0 : comma + 2)..].TrimEnd('.');
    }
}
