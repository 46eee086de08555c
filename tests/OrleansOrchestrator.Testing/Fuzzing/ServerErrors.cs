using System.Net;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>The answers from 500 on that Kubernetes gives to the same request; docs/gateway.md says them one by one.</summary>
internal static class ServerErrors
{
    private static readonly (int Code, string Words)[] Known =
    [
        (500, "failed to create typed patch object"),
        (500, "more than one PodDisruptionBudget"),
        (504, "Too large resource version"),
    ];

    /// <summary>Whether an answer is one of them.</summary>
    public static bool IsKubernetes(HttpStatusCode code, string message) =>
        Array.Exists(Known, known => known.Code == (int)code && message.Contains(known.Words, StringComparison.Ordinal)) || code == HttpStatusCode.NotImplemented;
}
