namespace OrleansOrchestrator.Gateway.Ingress;

/// <summary>A path as routes compare it, of a rule or of a request.</summary>
internal static class RoutePath
{
    /// <summary>
    /// Reads a path. Many servers take an encoded slash, or several slashes, for one; here they are one, so that no other spelling of a
    /// path passes by the rule that is meant for it.
    /// </summary>
    /// <param name="text">The path, without a query.</param>
    /// <returns>The path; null if elements of it are dots, so that servers would read another one.</returns>
    public static string? Of(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return "/";
        var path = text.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        if (path.Contains("/.", StringComparison.Ordinal) && path.Split('/').Any(element => element is "." or ".."))
            return null;
        while (path.Contains("//", StringComparison.Ordinal))
            path = path.Replace("//", "/", StringComparison.Ordinal);
        return path;
    }
}
