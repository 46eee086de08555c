using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>A location in a custom object for reporting faults.</summary>
/// <param name="At">The path; null for the object itself.</param>
/// <param name="Errors">Receives the faults.</param>
internal readonly record struct SchemaPlace(FieldPath? At, FieldErrors Errors)
{
    private static readonly FieldPath Whole = FieldPath.Root("<nil>");

    /// <summary>The path in an error's field.</summary>
    public FieldPath Path => At ?? Whole;

    /// <summary>A field here.</summary>
    public FieldPath Child(string name) => At?.Child(name) ?? FieldPath.Root(name);

    /// <summary>An element here.</summary>
    public FieldPath Index(int index) => Path.Index(index);

    /// <summary>Reports a broken rule; the text follows the field's name.</summary>
    public void Invalid(JsonNode? value, string rule) => Errors.Invalid(Path, Shown(value), $"{At} in body {rule}");

    /// <summary>Reports a broken rule with a text of its own.</summary>
    public void Broken(JsonNode? value, string rule) => Errors.Invalid(Path, Shown(value), $"\"{At}\" {rule}");

    /// <summary>Reports a wrong type.</summary>
    public void WrongType(string type, string wanted) => Errors.Invalid(Path, type, $"{At} in body must be of type {wanted}: \"{type}\"");

    /// <summary>Reports a wrong format.</summary>
    public void WrongFormat(string text, string format) => Errors.Invalid(Path, text, $"{At} in body must be of type {format}: \"{text}\"");

    /// <summary>A value as an error shows it.</summary>
    public static object? Shown(JsonNode? value) => value switch
    {
        JsonValue scalar when scalar.TryGetValue<string>(out var text) => text,
        JsonValue scalar when scalar.TryGetValue<bool>(out var flag) => flag,
        JsonValue scalar when scalar.TryGetValue<long>(out var integer) => integer,
        JsonValue scalar when scalar.TryGetValue<double>(out var number) => number,
        _ => value,
    };
}
