using System.Text;
using System.Text.Json;

namespace OrleansOrchestrator.Documents.FieldSchemas;

/// <summary>What an object's absent field is taken for when two versions of the object are compared.</summary>
/// <remarks>
/// Kubernetes' own types hold some structures by value, and some lists without leaving out the empty one. Such a field is
/// always there, so that nobody comes to own it by giving it its first content.
/// </remarks>
public enum FieldAbsence
{
    /// <summary>The field is not there.</summary>
    Absent,

    /// <summary>It is there, without content.</summary>
    EmptyObject,

    /// <summary>It is there, as null.</summary>
    Null,
}

/// <summary>A declared field of an object.</summary>
/// <param name="Name">The JSON name.</param>
/// <param name="Schema">Gives the schema of its value when it is first needed, so that types may contain themselves.</param>
/// <param name="Absence">What its absence is taken for.</param>
/// <param name="IsUnowned">Whether nobody ever owns it, as <c>metadata.uid</c>.</param>
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

    /// <summary>The value that stands for absence; undefined for absence itself.</summary>
    internal JsonElement AbsentValue => Absence switch
    {
        FieldAbsence.EmptyObject => EmptyObject,
        FieldAbsence.Null => Null,
        _ => default,
    };
}
