using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansOrchestrator.Documents.FieldSchemas;

namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>
/// Merges a configuration into a live object in one pass. Leaves out fields that the applier applied before, no longer applies, and
/// nobody else owns.
/// </summary>
/// <remarks>
/// For example the live object <code>{"spec":{"ports":[{"name":"a"},{"name":"b"},{"name":"c"}]}}</code> of which the applier
/// had applied the ports a and b, and the configuration <code>{"spec":{"ports":[{"name":"d"},{"name":"a"}]}}</code> give the
/// ports c, d and a: elements of the configuration keep its order, and others stay where they were.
/// </remarks>
internal sealed class ConfigurationMerge
{
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private readonly Utf8JsonWriter _writer;

    private ConfigurationMerge(Utf8JsonWriter writer) => _writer = writer;

    /// <summary>Merges.</summary>
    /// <param name="live">The live object.</param>
    /// <param name="configuration">The configuration.</param>
    /// <param name="schema">The schema of both.</param>
    /// <param name="last">The fields that the applier owned before.</param>
    /// <param name="owned">The fields owned now, by the applier or others.</param>
    public static ReadOnlyMemory<byte> Merge(JsonElement live, JsonElement configuration, FieldSchema schema, FieldSet last, FieldSet owned)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var writer = new Utf8JsonWriter(buffer, WriterOptions))
            new ConfigurationMerge(writer).Write(live, configuration, schema, last, owned);
        return buffer.WrittenMemory;
    }

    private void Write(JsonElement live, JsonElement configuration, FieldSchema schema, FieldSet last, FieldSet owned)
    {
        if (configuration.ValueKind == JsonValueKind.Undefined)
        {
            WritePruned(live, schema.For(live), last, owned);
            return;
        }

        var shape = schema.For(configuration);
        var isEmpty = configuration.ValueKind == JsonValueKind.Null;
        if (shape.Shape == FieldShape.Map && live.ValueKind == JsonValueKind.Object && (isEmpty || configuration.ValueKind == JsonValueKind.Object))
            WriteMap(live, configuration, shape, last, owned);
        else if (shape.Shape is FieldShape.Set or FieldShape.KeyedList && live.ValueKind == JsonValueKind.Array && (isEmpty || configuration.ValueKind == JsonValueKind.Array))
            WriteList(live, configuration, shape, last, owned);
        else
            configuration.WriteTo(_writer);
    }

    private void WriteMap(JsonElement live, JsonElement configuration, FieldSchema schema, FieldSet last, FieldSet owned)
    {
        var applied = new MapMembers(configuration);
        _writer.WriteStartObject();
        foreach (var member in live.EnumerateObject())
        {
            var field = schema.Find(JsonMarshal.GetRawUtf8PropertyName(member));
            var element = field?.Element ?? PathElement.OfMember(member);
            var value = applied.Find(member);
            if (value.ValueKind == JsonValueKind.Undefined && IsDropped(element, field is not null, last, owned))
                continue;
            _writer.WritePropertyName(member.Name);
            Write(member.Value, value, field?.Value ?? schema.Element ?? FieldSchema.Deduced, last.Child(element), owned.Child(element));
        }

        if (configuration.ValueKind == JsonValueKind.Object)
        {
            var present = new MapMembers(live);
            foreach (var member in configuration.EnumerateObject())
            {
                if (!present.Has(member))
                    member.WriteTo(_writer);
            }
        }

        _writer.WriteEndObject();
    }

    private void WriteList(JsonElement live, JsonElement configuration, FieldSchema schema, FieldSet last, FieldSet owned)
    {
        var (present, applied) = (new ListItems(live, schema), new ListItems(configuration, schema));
        var next = 0;
        var nextShared = NextShared(applied, next, present);
        _writer.WriteStartArray();
        for (var i = 0; i < present.Count; i++)
        {
            var element = present.ElementAt(i);
            var position = applied.IndexOf(element);
            if (position < 0)
            {
                if (!IsDropped(element, isDeclared: false, last, owned))
                    WritePruned(present[i], schema.Element!, last.Child(element), owned.Child(element));
            }
            else if (position == nextShared)
            {
                // Elements that precede it in the configuration and are absent from the live object come before it.
                for (; next <= position; next++)
                    WriteApplied(applied, next, present, schema, last, owned);
                nextShared = NextShared(applied, next, present);
            }
        }

        for (; next < applied.Count; next++)
            WriteApplied(applied, next, present, schema, last, owned);
        _writer.WriteEndArray();
    }

    private static int NextShared(ListItems applied, int from, ListItems present)
    {
        while (from < applied.Count && present.IndexOf(applied.ElementAt(from)) < 0)
            from++;
        return from;
    }

    private void WriteApplied(ListItems applied, int index, ListItems present, FieldSchema schema, FieldSet last, FieldSet owned)
    {
        var element = applied.ElementAt(index);
        if (present.IndexOf(element) is >= 0 and var position)
            Write(present[position], applied[index], schema.Element!, last.Child(element), owned.Child(element));
        else
            applied[index].WriteTo(_writer);
    }

    /// <summary>Writes a live value that is not in the configuration, without its removed parts.</summary>
    private void WritePruned(JsonElement live, FieldSchema schema, FieldSet last, FieldSet owned)
    {
        if (last.IsEmpty || schema.Shape == FieldShape.Leaf || live.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array))
            live.WriteTo(_writer);
        else if (!KeepsAny(live, schema, last, owned))
            _writer.WriteNullValue();
        else if (schema.Shape == FieldShape.Map)
            WriteMap(live, default, schema, last, owned);
        else
            WriteList(live, default, schema, last, owned);
    }

    // A structure that loses all its content is removed too: an empty structure has another meaning than none.
    private static bool KeepsAny(JsonElement live, FieldSchema schema, FieldSet last, FieldSet owned)
    {
        if (live.ValueKind == JsonValueKind.Array)
        {
            var items = new ListItems(live, schema);
            return items.Count == 0 || Enumerable.Range(0, items.Count).Any(i => !IsDropped(items.ElementAt(i), false, last, owned));
        }

        var isEmpty = true;
        foreach (var member in live.EnumerateObject())
        {
            isEmpty = false;
            var field = schema.Find(JsonMarshal.GetRawUtf8PropertyName(member));
            if (!IsDropped(field?.Element ?? PathElement.OfMember(member), field is not null, last, owned))
                return true;
        }

        return isEmpty;
    }

    // An owner of a part of a structure counts as an owner of the structure; keys of maps and lists need an owner themselves.
    private static bool IsDropped(string element, bool isDeclared, FieldSet last, FieldSet owned) =>
        IsIn(last, element, isDeclared) && !IsIn(owned, element, isDeclared);

    private static bool IsIn(FieldSet set, string element, bool isDeclared) =>
        set.HasMember(element) || (isDeclared && !set.Child(element).IsEmpty);
}
