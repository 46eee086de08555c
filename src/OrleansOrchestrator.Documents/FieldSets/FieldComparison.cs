using System.Runtime.InteropServices;
using System.Text.Json;
using OrleansOrchestrator.Documents.FieldSchemas;

namespace OrleansOrchestrator.Documents.FieldSets;

/// <summary>The differences between two versions of an object.</summary>
/// <param name="Changed">The paths that the later version added or changed.</param>
/// <param name="Removed">The paths that the later version lacks.</param>
internal readonly record struct FieldComparison(FieldSet Changed, FieldSet Removed)
{
    /// <summary>Whether nothing differs.</summary>
    public bool IsEmpty => Changed.IsEmpty && Removed.IsEmpty;

    /// <summary>Compares two values of a schema.</summary>
    public static FieldComparison Of(JsonElement before, JsonElement after, FieldSchema schema)
    {
        var levels = default(Levels);
        Compare(before, after, schema.For(after), ref levels);
        return new(levels.Changed.Build(), levels.Removed.Build());
    }

    private static void Compare(JsonElement before, JsonElement after, FieldSchema schema, ref Levels levels)
    {
        if (schema.Shape == FieldShape.Map)
            CompareMaps(before, after, schema, ref levels);
        else
            CompareLists(before, after, schema, ref levels);
    }

    private static void CompareMaps(JsonElement before, JsonElement after, FieldSchema schema, ref Levels levels)
    {
        var present = new MapMembers(before);
        if (after.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in after.EnumerateObject())
            {
                var field = schema.Find(JsonMarshal.GetRawUtf8PropertyName(member));
                if (field is { IsUnowned: true })
                    continue;
                var earlier = present.Find(member);
                if (earlier.ValueKind == JsonValueKind.Undefined && field is not null && before.ValueKind == JsonValueKind.Object)
                    earlier = field.AbsentValue;
                CompareAt(earlier, member.Value, field?.Value ?? schema.Element, field?.Element, member, ref levels);
            }
        }

        if (before.ValueKind != JsonValueKind.Object)
            return;
        var wanted = new MapMembers(after);
        foreach (var member in before.EnumerateObject())
        {
            if (wanted.Has(member))
                continue;
            var field = schema.Find(JsonMarshal.GetRawUtf8PropertyName(member));
            if (field is { IsUnowned: true })
                continue;
            var later = field is not null && after.ValueKind == JsonValueKind.Object ? field.AbsentValue : default;
            CompareAt(member.Value, later, field?.Value ?? schema.Element, field?.Element, member, ref levels);
        }
    }

    private static void CompareAt(
        JsonElement before, JsonElement after, FieldSchema? schema, string? element, JsonProperty member, ref Levels levels)
    {
        if (!IsSame(before, after))
            CompareItem(before, after, schema ?? FieldSchema.Deduced, element ?? PathElement.OfMember(member), ref levels);
    }

    private static void CompareLists(JsonElement before, JsonElement after, FieldSchema schema, ref Levels levels)
    {
        var (earlier, later) = (new ListItems(before, schema), new ListItems(after, schema));
        for (var i = 0; i < later.Count; i++)
        {
            var element = later.ElementAt(i);
            if (!later.IsFirst(i))
                continue;
            var index = earlier.IndexOf(element);
            if (later.IsDuplicate(i) || earlier.HasDuplicates(element))
                levels.Changed.Add(element, earlier.TextOf(element) != later.TextOf(element), FieldSet.Empty);
            else
                CompareItem(index < 0 ? default : earlier[index], later[i], schema.Element!, element, ref levels);
        }

        for (var i = 0; i < earlier.Count; i++)
        {
            var element = earlier.ElementAt(i);
            if (!earlier.IsFirst(i) || later.IndexOf(element) >= 0)
                continue;
            if (earlier.IsDuplicate(i))
                levels.Removed.Add(element, isMember: true, FieldSet.Empty);
            else
                CompareItem(earlier[i], default, schema.Element!, element, ref levels);
        }
    }

    /// <summary>Compares two values at a path, either of which may be undefined.</summary>
    private static void CompareItem(JsonElement before, JsonElement after, FieldSchema schema, string element, ref Levels levels)
    {
        if (IsSame(before, after))
            return;
        var (isNew, isGone) = (before.ValueKind == JsonValueKind.Undefined, after.ValueKind == JsonValueKind.Undefined);
        var shape = schema.For(isGone ? before : after);
        if (IsLeaf(before, after, shape))
        {
            if (isGone)
                levels.Removed.Add(element, isMember: true, FieldSet.Empty);
            else
                levels.Changed.Add(element, isNew || !JsonElement.DeepEquals(before, after), FieldSet.Empty);
            return;
        }

        var below = default(Levels);
        Compare(before, after, shape, ref below);
        levels.Changed.Add(element, isNew, below.Changed.Build());
        levels.Removed.Add(element, isGone, below.Removed.Build());
    }

    // Two values without content are compared as they are, because null and empty differ.
    private static bool IsLeaf(JsonElement before, JsonElement after, FieldSchema schema)
    {
        if (schema.Shape == FieldShape.Leaf)
            return true;
        var kind = schema.Shape == FieldShape.Map ? JsonValueKind.Object : JsonValueKind.Array;
        return (IsVoid(before, kind, out var isBeforeOther) & IsVoid(after, kind, out var isAfterOther)) || isBeforeOther || isAfterOther;
    }

    private static bool IsVoid(JsonElement value, JsonValueKind kind, out bool isOther)
    {
        isOther = false;
        if (value.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null)
            return true;
        isOther = value.ValueKind != kind;
        return !isOther && (kind == JsonValueKind.Object ? value.GetPropertyCount() : value.GetArrayLength()) == 0;
    }

    private static bool IsSame(JsonElement before, JsonElement after)
    {
        if (before.ValueKind == JsonValueKind.Undefined || after.ValueKind == JsonValueKind.Undefined)
            return before.ValueKind == after.ValueKind;
        return before.ValueKind == after.ValueKind && JsonMarshal.GetRawUtf8Value(before).SequenceEqual(JsonMarshal.GetRawUtf8Value(after));
    }

    private struct Levels
    {
        public FieldSetBuilder Changed;
        public FieldSetBuilder Removed;
    }
}
