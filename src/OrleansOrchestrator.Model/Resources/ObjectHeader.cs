using System.Text.Json;
using OrleansOrchestrator.Model.Codec;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Model.Resources;

/// <summary>The metadata and fields of an object's JSON that the server itself uses, read in one pass.</summary>
internal struct ObjectHeader
{
    private static readonly string[] NoStrings = [];

    public string Namespace;
    public string Name;
    public string Uid;
    public long Revision;
    public LabelSet Labels;
    public string[] Fields;
    public string[] OwnerUids;
    public string? ControllerUid;
    public bool IsDeleting;
    public bool HasFinalizers;

    /// <summary>The position of the spec, from its name to its end; empty if there is none.</summary>
    public Range Spec;

    /// <summary>Reads a stored object.</summary>
    /// <exception cref="JsonException">The JSON is malformed.</exception>
    public static ObjectHeader Read(ReadOnlySpan<byte> json, ResourceDefinition definition)
    {
        var header = new ObjectHeader
        {
            Namespace = "",
            Name = "",
            Uid = "",
            Labels = LabelSet.Empty,
            OwnerUids = NoStrings,
            Fields = DefaultsOf(definition.SelectableFields),
        };

        var tree = definition.FieldTree;
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("metadata"u8))
            {
                header.ReadMetadata(ref reader);
                continue;
            }

            var (start, isSpec) = ((int)reader.TokenStartIndex, reader.ValueTextEquals("spec"u8));
            header.ReadField(ref reader, tree);
            if (isSpec)
                header.Spec = start..(int)reader.BytesConsumed;
        }

        foreach (var (field, standIn) in tree.StandIns)
        {
            if (header.Fields[field].Length == 0)
                header.Fields[field] = header.Fields[standIn];
        }

        return header;
    }

    private static string[] DefaultsOf(IReadOnlyList<SelectableField> fields)
    {
        if (fields.Count == 0)
            return NoStrings;
        var defaults = new string[fields.Count];
        for (var i = 0; i < defaults.Length; i++)
            defaults[i] = fields[i].Default;
        return defaults;
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
                Name = ReadString(ref reader);
            else if (reader.ValueTextEquals("namespace"u8))
                Namespace = ReadShared(ref reader);
            else if (reader.ValueTextEquals("uid"u8))
                Uid = ReadString(ref reader);
            else if (reader.ValueTextEquals("resourceVersion"u8))
                Revision = long.TryParse(ReadString(ref reader), out var revision) ? revision : 0;
            else if (reader.ValueTextEquals("labels"u8))
                Labels = reader.Read() ? LabelSet.Read(ref reader) : LabelSet.Empty;
            else if (reader.ValueTextEquals("ownerReferences"u8))
                ReadOwners(ref reader);
            else if (reader.ValueTextEquals("deletionTimestamp"u8))
                IsDeleting = ReadString(ref reader).Length > 0;
            else if (reader.ValueTextEquals("finalizers"u8))
                HasFinalizers = ReadIsNonEmpty(ref reader);
            else
                reader.Skip();
        }
    }

    private void ReadOwners(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return;
        }

        var uids = new List<string>(1);
        while (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
        {
            var uid = "";
            var isController = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("uid"u8))
                    uid = ReadString(ref reader);
                else if (reader.ValueTextEquals("controller"u8))
                    isController = reader.Read() && reader.TokenType == JsonTokenType.True;
                else
                    reader.Skip();
            }

            uids.Add(uid);
            if (isController)
                ControllerUid = uid;
        }

        OwnerUids = [.. uids];
    }

    /// <summary>Reads the property at the reader, and descends only where a selectable field may be below it.</summary>
    private readonly void ReadField(ref Utf8JsonReader reader, FieldTree parent)
    {
        var node = FindChild(ref reader, parent);
        if (node is null)
        {
            reader.Skip();
            return;
        }

        reader.Read();
        if (node.Field != FieldTree.Branch)
        {
            Fields[node.Field] = ReadScalar(ref reader, Fields[node.Field]);
            return;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            ReadField(ref reader, node);
    }

    private static FieldTree? FindChild(ref Utf8JsonReader reader, FieldTree parent)
    {
        var children = parent.Children;
        for (var i = 0; i < children.Count; i++)
        {
            if (reader.ValueTextEquals(children[i].Utf8Name))
                return children[i];
        }

        return null;
    }

    /// <summary>Reads the value of a property; empty if it is no string.</summary>
    internal static string ReadString(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString()!;
        reader.Skip();
        return "";
    }

    private static string ReadShared(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
            return LabelText.Read(ref reader);
        reader.Skip();
        return "";
    }

    private static string ReadScalar(ref Utf8JsonReader reader, string fallback)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return LabelText.Read(ref reader);
            case JsonTokenType.True:
                return "true";
            case JsonTokenType.False:
                return "false";
            case JsonTokenType.Number:
                return System.Text.Encoding.UTF8.GetString(reader.ValueSpan);
            default:
                reader.Skip();
                return fallback;
        }
    }

    private static bool ReadIsNonEmpty(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return false;
        }

        var any = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            any = true;
            reader.Skip();
        }

        return any;
    }
}
