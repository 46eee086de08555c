using System.Net;

namespace OrleansOrchestrator.Testing.Fuzzing;

/// <summary>The answers with code 500 or higher that Kubernetes gives to the same request. docs/gateway.md lists them.</summary>
internal static class ServerErrors
{
    private static readonly (int Code, string Words)[] Known =
    [
        (500, "failed to create typed patch object"),
        (500, "more than one PodDisruptionBudget"),
        (502, "the backend attempted to redirect this request"),
        (503, "service unavailable"),
        (503, "the APIServices have not been read yet"),
        (503, "no endpoints available for service"),
        (503, "no service port"),
        (503, "error trying to reach service"),
        (504, "Too large resource version"),
    ];

    /// <summary>Whether an answer is one of these.</summary>
    public static bool IsKubernetes(HttpStatusCode code, string message) =>
        Array.Exists(Known, known => known.Code == (int)code && message.Contains(known.Words, StringComparison.Ordinal)) || code == HttpStatusCode.NotImplemented;
}
