namespace OrleansOrchestrator.Kinds.Rules;

/// <summary>Treats empty fields as absent, as Kubernetes does. Defaults fill in both.</summary>
internal static class AbsentValues
{
    public static string Or(this string? value, string fallback) => string.IsNullOrEmpty(value) ? fallback : value;

    public static int Or(this int? value, int fallback) => value is null or 0 ? fallback : value.Value;
}
