using System.Collections.Frozen;
using System.Globalization;

namespace OrleansOrchestrator.Gateway.Protobuf;

/// <summary>The messages of <c>Messages.txt</c>, which explains its format.</summary>
internal sealed class ProtobufSchema
{
    private const string MetaPackage = "meta.v1";
    private static readonly Lazy<ProtobufSchema> LazyInstance = new(Load);
    private readonly FrozenDictionary<string, ProtobufField?[]> _messages;

    private ProtobufSchema(FrozenDictionary<string, ProtobufField?[]> messages) => _messages = messages;

    /// <summary>The schema; loaded at its first use.</summary>
    public static ProtobufSchema Instance => LazyInstance.Value;

    /// <summary>The names of all messages.</summary>
    public IEnumerable<string> Names => _messages.Keys;

    /// <summary>The fields of a message by number; null if there is no such message.</summary>
    public ProtobufField?[]? Find(string name) => _messages.GetValueOrDefault(name);

    /// <summary>The fields of a kind's message; null if it has none.</summary>
    public ProtobufField?[]? FindKind(string apiVersion, string kind)
    {
        var slash = apiVersion.IndexOf('/', StringComparison.Ordinal);
        var group = slash < 0 ? "core" : apiVersion[..slash].Split('.')[0];
        // Options such as DeleteOptions are sent under the group of the resource that they apply to.
        return Find($"{group}.{apiVersion[(slash + 1)..]}.{kind}") ?? Find($"{MetaPackage}.{kind}");
    }

    private static ProtobufSchema Load()
    {
        using var stream = typeof(ProtobufSchema).Assembly.GetManifestResourceStream(typeof(ProtobufSchema), "Messages.txt")!;
        using var reader = new StreamReader(stream);
        var messages = new Dictionary<string, ProtobufField?[]>(StringComparer.Ordinal);
        while (reader.ReadLine() is { } line)
        {
            if (line.StartsWith('#'))
                continue;
            var parts = line.Split(' ');
            messages.Add(parts[0], ReadFields(parts.AsSpan(1)));
        }

        return new ProtobufSchema(messages.ToFrozenDictionary(StringComparer.Ordinal));
    }

    private static ProtobufField?[] ReadFields(ReadOnlySpan<string> texts)
    {
        var fields = new List<(int Number, ProtobufField Field)>();
        foreach (var text in texts)
        {
            var parts = text.Split(':');
            fields.Add((int.Parse(parts[0], CultureInfo.InvariantCulture), ReadField(parts[1], parts[2])));
        }

        var byNumber = new ProtobufField?[fields.Count == 0 ? 0 : fields[^1].Number + 1];
        foreach (var (number, field) in fields)
            byNumber[number] = field;
        return byNumber;
    }

    private static ProtobufField ReadField(string name, string type)
    {
        var keepsZero = type.EndsWith('!');
        var bare = type.TrimEnd('!');
        var shape = bare[..Math.Min(2, bare.Length)] switch
        {
            "[]" => ProtobufShape.List,
            "{}" => ProtobufShape.Map,
            _ => ProtobufShape.Single,
        };
        if (shape != ProtobufShape.Single)
            bare = bare[2..];
        return new ProtobufField(name.TrimStart('<'), shape, TypeOf(bare), bare, keepsZero, name.StartsWith('<'));
    }

    private static FieldType TypeOf(string text) => text switch
    {
        "s" => FieldType.Text,
        "y" => FieldType.Bytes,
        "i" => FieldType.Integer,
        "b" => FieldType.Boolean,
        "d" => FieldType.Double,
        _ when text.Contains('.', StringComparison.Ordinal) => FieldType.Message,
        _ => FieldType.WellKnown,
    };
}
