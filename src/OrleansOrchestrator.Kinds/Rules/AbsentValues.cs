namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Kubernetes does not tell a field that is empty from one that is absent; defaults fill in both.</summary>
internal static class AbsentValues
{
    public static string Or(this string? value, string fallback) => string.IsNullOrEmpty(value) ? fallback : value;

    public static int Or(this int? value, int fallback) => value is null or 0 ? fallback : value.Value;
}
