using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OrleansOrchestrator.Documents.Schemas;

/// <summary>The rules of single values: types, enumerations, ranges, lengths, patterns, formats.</summary>
internal static class ValueRules
{
    /// <summary>The JSON type of a value. A number without a fraction is an integer, however it is written.</summary>
    public static string TypeOf(JsonNode value) => value.GetValueKind() switch
    {
        JsonValueKind.Object => "object",
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => NumberOf(value) is var number && double.IsInteger(number) ? "integer" : "number",
        JsonValueKind.True or JsonValueKind.False => "boolean",
        _ => "null",
    };

    public static void CheckEnum(JsonNode value, StructuralSchema schema, SchemaPlace at)
    {
        if (schema.Enum.Count > 0 && !schema.Enum.Any(allowed => JsonNode.DeepEquals(allowed, value)))
            at.Errors.NotSupported(at.Path, SchemaPlace.Shown(value), schema.Enum.Select(TextOf));
    }

    public static void CheckScalar(JsonNode value, StructuralSchema schema, SchemaPlace at)
    {
        switch (value.GetValueKind())
        {
            case JsonValueKind.String:
                CheckText(value.GetValue<string>(), value, schema, at);
                break;
            case JsonValueKind.Number:
                CheckNumber(NumberOf(value), value, schema, at);
                break;
        }
    }

    private static void CheckText(string text, JsonNode value, StructuralSchema schema, SchemaPlace at)
    {
        if (schema.MaxLength is not null || schema.MinLength is not null)
        {
            var length = LengthOf(text);
            if (schema.MaxLength is { } max && length > max)
                at.Errors.TooLong(at.Path, (int)max);
            if (schema.MinLength is { } min && length < min)
                at.Invalid(value, $"should be at least {min} chars long");
        }

        if (schema.Pattern is { } pattern && !Matches(pattern, text))
            at.Invalid(value, $"should match '{schema.PatternText}'");
        if (schema.Format.Length > 0 && !StringFormats.IsValid(schema.Format, text))
            at.WrongFormat(text, schema.Format);
    }

    private static void CheckNumber(double number, JsonNode value, StructuralSchema schema, SchemaPlace at)
    {
        if (schema.Maximum is { } max && (schema.ExclusiveMaximum ? number >= max : number > max))
            at.Invalid(value, $"should be less than {(schema.ExclusiveMaximum ? "" : "or equal to ")}{Text(max)}");
        if (schema.Minimum is { } min && (schema.ExclusiveMinimum ? number <= min : number < min))
            at.Invalid(value, $"should be greater than {(schema.ExclusiveMinimum ? "" : "or equal to ")}{Text(min)}");
        if (schema.MultipleOf is > 0 and var factor && !IsMultiple(number, factor))
            at.Invalid(value, $"should be a multiple of {Text(factor)}");
        if (schema.Format == "int32" && number is < int.MinValue or > int.MaxValue)
            at.Invalid(value, "should be a valid int32");
    }

    private static bool IsMultiple(double number, double factor)
    {
        var quotient = number / factor;
        return Math.Abs(quotient - Math.Round(quotient)) < 1e-9;
    }

    /// <summary>Counts characters, not UTF-16 units.</summary>
    private static int LengthOf(string text)
    {
        var length = 0;
        foreach (var _ in text.EnumerateRunes())
            length++;
        return length;
    }

    private static bool Matches(Regex pattern, string text)
    {
        try
        {
            return pattern.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }

    private static double NumberOf(JsonNode value) =>
        value.AsValue().TryGetValue<long>(out var integer) ? integer
        : double.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number
        : double.NaN;

    private static string Text(double number) => number.ToString(CultureInfo.InvariantCulture);

    private static string TextOf(JsonNode? value) =>
        value is JsonValue scalar && scalar.TryGetValue<string>(out var text) ? text : value?.ToJsonString() ?? "null";
}
