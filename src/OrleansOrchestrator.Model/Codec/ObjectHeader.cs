using System.Text.Json;
using OrleansOrchestrator.Model.Resources;
using OrleansOrchestrator.Model.Selectors;

namespace OrleansOrchestrator.Model.Codec;

/// <summary>The part of an object's JSON that the machinery works with, read in one pass.</summary>
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

    public static ObjectHeader Read(ReadOnlySpan<byte> json, IReadOnlyList<SelectableField> selectable)
    {
        var header = new ObjectHeader
        {
            Namespace = "",
            Name = "",
            Uid = "",
            Labels = LabelSet.Empty,
            OwnerUids = NoStrings,
            Fields = selectable.Count == 0 ? NoStrings : [.. selectable.Select(field => field.Default)],
        };

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = ObjectCodec.DepthMax });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("metadata"u8))
                header.ReadMetadata(ref reader);
            else if (selectable.Count > 0)
                header.ReadFields(ref reader, "", selectable);
            else
                reader.Skip();
        }

        return header;
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
                Name = ReadString(ref reader);
            else if (reader.ValueTextEquals("namespace"u8))
                Namespace = ReadString(ref reader);
            else if (reader.ValueTextEquals("uid"u8))
                Uid = ReadString(ref reader);
            else if (reader.ValueTextEquals("resourceVersion"u8))
                Revision = long.TryParse(ReadString(ref reader), out var revision) ? revision : 0;
            else if (reader.ValueTextEquals("labels"u8))
                ReadLabels(ref reader);
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

    private void ReadLabels(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return;
        var pairs = new List<KeyValuePair<string, string>>();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            pairs.Add(new(key, ReadString(ref reader)));
        }

        Labels = LabelSet.From(pairs);
    }

    private void ReadOwners(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
            return;
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

    /// <summary>Reads the property the reader stands on, descending only where a selectable field may be below it.</summary>
    private readonly void ReadFields(ref Utf8JsonReader reader, string prefix, IReadOnlyList<SelectableField> selectable)
    {
        var path = prefix.Length == 0 ? reader.GetString()! : $"{prefix}.{reader.GetString()}";
        var descend = false;
        for (var i = 0; i < selectable.Count; i++)
        {
            if (selectable[i].Path == path)
            {
                Fields[i] = ReadScalar(ref reader, selectable[i].Default);
                return;
            }

            descend |= selectable[i].Path.StartsWith(path, StringComparison.Ordinal) && selectable[i].Path[path.Length] == '.';
        }

        if (!descend)
        {
            reader.Skip();
            return;
        }

        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            ReadFields(ref reader, path, selectable);
    }

    private static string ReadString(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
            return reader.GetString()!;
        reader.Skip();
        return "";
    }

    private static string ReadScalar(ref Utf8JsonReader reader, string fallback)
    {
        reader.Read();
        switch (reader.TokenType)
        {
            case JsonTokenType.String:
                return reader.GetString()!;
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
            return false;
        var any = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            any = true;
            reader.Skip();
        }

        return any;
    }
}
