using OrleansOrchestrator.Model.Validation;

namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Rules of file paths within volumes.</summary>
internal static class PathRules
{
    /// <summary>A path that stays below its start directory.</summary>
    public static void ValidateDescending(string path, FieldPath at, FieldErrors errors)
    {
        if (path.StartsWith('/'))
            errors.Invalid(at, path, "must be a relative path");
        ValidateNoBacksteps(path, at, errors);
    }

    /// <summary>
    /// A path that stays below its start directory. Its first part must not look like the names by which volumes are replaced
    /// atomically.
    /// </summary>
    public static void ValidateDescendingUnreserved(string path, FieldPath at, FieldErrors errors)
    {
        ValidateDescending(path, at, errors);
        if (path.StartsWith("..", StringComparison.Ordinal) && !path.StartsWith("../", StringComparison.Ordinal))
            errors.Invalid(at, path, "must not start with '..'");
    }

    public static void ValidateNoBacksteps(string path, FieldPath at, FieldErrors errors)
    {
        if (path.Split('/').Contains(".."))
            errors.Invalid(at, path, "must not contain '..'");
    }
}
