using System.Text.Json.Nodes;
using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>A place in a custom object, where faults are reported.</summary>
/// <param name="At">Where; null for the object itself.</param>
/// <param name="Errors">Takes the faults.</param>
internal readonly record struct SchemaPlace(FieldPath? At, FieldErrors Errors)
{
    private static readonly FieldPath Whole = FieldPath.Root("<nil>");

    /// <summary>The path in an error's field.</summary>
    public FieldPath Path => At ?? Whole;

    /// <summary>A field here.</summary>
    public FieldPath Child(string name) => At?.Child(name) ?? FieldPath.Root(name);

    /// <summary>An element here.</summary>
    public FieldPath Index(int index) => Path.Index(index);

    /// <summary>Reports that a value breaks a rule, in the words that follow the field's name.</summary>
    public void Invalid(JsonNode? value, string rule) => Errors.Invalid(Path, Shown(value), $"{At} in body {rule}");

    /// <summary>Reports that a value breaks a rule, in words of its own.</summary>
    public void Broken(JsonNode? value, string rule) => Errors.Invalid(Path, Shown(value), $"\"{At}\" {rule}");

    /// <summary>Reports that a value is of another type.</summary>
    public void WrongType(string type, string wanted) => Errors.Invalid(Path, type, $"{At} in body must be of type {wanted}: \"{type}\"");

    /// <summary>Reports that a text has another format.</summary>
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
