using System.Globalization;
using System.Text.Json;
using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Model.Validation;

/// <summary>One fault of an object.</summary>
/// <param name="Type">The type.</param>
/// <param name="Field">The path.</param>
/// <param name="BadValue">The invalid value, where it helps.</param>
/// <param name="Detail">The broken rule.</param>
public sealed record FieldError(FieldErrorType Type, string Field, object? BadValue, string Detail)
{
    /// <summary>An invalid value that is not shown.</summary>
    public static readonly object Omitted = new();

    /// <summary>The cause's reason in a <c>metav1.Status</c>.</summary>
    public string Reason => Type switch
    {
        FieldErrorType.Required => "FieldValueRequired",
        FieldErrorType.Duplicate => "FieldValueDuplicate",
        FieldErrorType.Invalid => "FieldValueInvalid",
        FieldErrorType.NotSupported => "FieldValueNotSupported",
        FieldErrorType.Forbidden => "FieldValueForbidden",
        FieldErrorType.TooLong => "FieldValueTooLong",
        FieldErrorType.TooMany => "FieldValueTooMany",
        FieldErrorType.NotFound => "FieldValueNotFound",
        _ => throw new InvalidOperationException($"unknown field error type {Type}"),
    };

    /// <summary>The fault without its path, in Kubernetes' words.</summary>
    public string Message
    {
        get
        {
            var head = Type switch
            {
                FieldErrorType.Required => "Required value",
                FieldErrorType.Forbidden => "Forbidden",
                FieldErrorType.TooLong => "Too long",
                FieldErrorType.Duplicate => $"Duplicate value: {Quote(BadValue)}",
                FieldErrorType.NotSupported => $"Unsupported value: {Quote(BadValue)}",
                FieldErrorType.NotFound => $"Not found: {Quote(BadValue)}",
                FieldErrorType.TooMany => $"Too many: {Quote(BadValue)}",
                FieldErrorType.Invalid when ReferenceEquals(BadValue, Omitted) => "Invalid value",
                _ => $"Invalid value: {Quote(BadValue)}",
            };
            return Detail.Length == 0 ? head : $"{head}: {Detail}";
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Field}: {Message}";

    private static string Quote(object? value) => value switch
    {
        null => "null",
        string text => GoSyntax.Quote(text),
        bool flag => flag ? "true" : "false",
        DateTime time => string.Create(CultureInfo.InvariantCulture, $"\"{time.ToUniversalTime():yyyy-MM-dd'T'HH:mm:ss'Z'}\""),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => JsonSerializer.Serialize(value, ObjectCodec.Options),
    };
}
