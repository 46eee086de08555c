using System.Text;
using System.Text.Json;

namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>The value of an absent field in the comparison of two object versions.</summary>
/// <remarks>
/// Kubernetes' own types contain some structures by value, and some lists without omitting the empty one. Such a field always exists,
/// so that setting its first content does not make the writer its owner.
/// </remarks>
public enum FieldAbsence
{
    /// <summary>The field is absent.</summary>
    Absent,

    /// <summary>The field is an empty object.</summary>
    EmptyObject,

    /// <summary>The field is null.</summary>
    Null,
}

/// <summary>A declared field of an object.</summary>
/// <param name="Name">The JSON name.</param>
/// <param name="Schema">Returns the schema of its value at the first use, so that types may contain themselves.</param>
/// <param name="Absence">The meaning of its absence.</param>
/// <param name="IsUnowned">Whether it never has an owner, such as <c>metadata.uid</c>.</param>
public sealed record SchemaField(
    string Name, Func<FieldSchema> Schema, FieldAbsence Absence = FieldAbsence.Absent, bool IsUnowned = false)
{
    private static readonly JsonElement EmptyObject = JsonElement.Parse("{}"u8);
    private static readonly JsonElement Null = JsonElement.Parse("null"u8);
    private FieldSchema? _value;

    /// <summary>The schema of the value.</summary>
    public FieldSchema Value => _value ??= Schema();

    internal byte[] Utf8Name { get; } = Encoding.UTF8.GetBytes(Name);

    /// <summary>The field's path element.</summary>
    internal string Element { get; } = string.Intern(PathElement.FieldPrefix + Name);

    /// <summary>The value that represents absence; undefined for absence itself.</summary>
    internal JsonElement AbsentValue => Absence switch
    {
        FieldAbsence.EmptyObject => EmptyObject,
        FieldAbsence.Null => Null,
        _ => default,
    };
}
