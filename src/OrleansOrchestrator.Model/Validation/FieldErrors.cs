namespace OrleansOrchestrator.Model.Validation;

/// <summary>Collects all faults of an object, so that its author sees them together.</summary>
public sealed class FieldErrors
{
    private List<FieldError>? _errors;

    /// <summary>The faults in the order found.</summary>
    public IReadOnlyList<FieldError> All => _errors ?? (IReadOnlyList<FieldError>)[];

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => _errors is null;

    /// <summary>A value is missing.</summary>
    public void Required(FieldPath path, string detail = "") => Add(FieldErrorType.Required, path, null, detail);

    /// <summary>A value breaks a rule.</summary>
    public void Invalid(FieldPath path, object? value, string detail) => Add(FieldErrorType.Invalid, path, value, detail);

    /// <summary>A value breaks each of these rules.</summary>
    public void Invalid(FieldPath path, object? value, IReadOnlyList<string> details)
    {
        foreach (var detail in details)
            Add(FieldErrorType.Invalid, path, value, detail);
    }

    /// <summary>A value breaks a rule as a whole, and showing it would not help.</summary>
    public void InvalidAsWhole(FieldPath path, string detail) => Add(FieldErrorType.Invalid, path, FieldError.Omitted, detail);

    /// <summary>A value is none of the supported ones.</summary>
    public void NotSupported(FieldPath path, object? value, params IEnumerable<string> supported) =>
        Add(FieldErrorType.NotSupported, path, value, "supported values: " + string.Join(", ", supported.Select(s => $"\"{s}\"")));

    /// <summary>A value must be unique and is not.</summary>
    public void Duplicate(FieldPath path, object? value, string detail = "") => Add(FieldErrorType.Duplicate, path, value, detail);

    /// <summary>A value is not allowed here.</summary>
    public void Forbidden(FieldPath path, string detail) => Add(FieldErrorType.Forbidden, path, null, detail);

    /// <summary>Something referred to does not exist.</summary>
    public void NotFound(FieldPath path, object? value) => Add(FieldErrorType.NotFound, path, value, "");

    /// <summary>A value is longer than <paramref name="maxBytes"/>.</summary>
    public void TooLong(FieldPath path, int maxBytes) =>
        Add(FieldErrorType.TooLong, path, null, $"may not be more than {maxBytes} bytes");

    /// <summary>A list has more than <paramref name="max"/> elements.</summary>
    public void TooMany(FieldPath path, int actual, int max) =>
        Add(FieldErrorType.TooMany, path, actual, $"must have at most {max} items");

    /// <summary>All faults that others gathered.</summary>
    public void AddAll(FieldErrors others)
    {
        if (!others.IsEmpty)
            (_errors ??= []).AddRange(others.All);
    }

    private void Add(FieldErrorType type, FieldPath path, object? value, string detail) =>
        (_errors ??= []).Add(new FieldError(type, path.ToString(), value, detail));
}
