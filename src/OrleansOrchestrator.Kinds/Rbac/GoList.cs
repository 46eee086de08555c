using OrleansOrchestrator.Model.Codec;

namespace OrleansOrchestrator.Kinds.Rbac;

/// <summary>Lists of texts as Go prints them with <c>%q</c>, which refusals of Kubernetes contain.</summary>
public static class GoList
{
    /// <summary>The list, as in <c>["a" "b"]</c>.</summary>
    public static string Of(IEnumerable<string> values) => $"[{string.Join(' ', values.Select(GoSyntax.Quote))}]";
}
