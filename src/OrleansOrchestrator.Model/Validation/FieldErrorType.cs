namespace OrleansOrchestrator.Model.Validation;

/// <summary>Kinds of faults, as k8s.io/apimachinery names them.</summary>
public enum FieldErrorType
{
    /// <summary>A value is missing.</summary>
    Required,

    /// <summary>A value must be unique and is not.</summary>
    Duplicate,

    /// <summary>A value breaks a rule.</summary>
    Invalid,

    /// <summary>A value is none of the allowed ones.</summary>
    NotSupported,

    /// <summary>A value is not allowed here.</summary>
    Forbidden,

    /// <summary>A value is too long.</summary>
    TooLong,

    /// <summary>A list has too many elements.</summary>
    TooMany,

    /// <summary>Something referred to does not exist.</summary>
    NotFound,
}
